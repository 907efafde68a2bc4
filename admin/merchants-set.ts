import type { ProfileChange } from "../persistence/merchant-registry.ts"
import { changeMerchant } from "./change-merchant.ts"
import type { Command, Request } from "./command.ts"
import { UsageError } from "./usage-error.ts"

/** C1: what people know a merchant by. */
export const merchantsSet: Command = {
  name: "merchants set",
  words: "M",
  summary: "Changes a merchant's name, time zone, category or addresses",
  details: [
    'What is not named stays. An empty text (--category "") takes a category or an address away.',
    "Without --membership-url customers cannot become its members; without --phone-url it hears of no new numbers.",
  ],
  takes: [
    "name",
    "time-zone",
    "category",
    "sub-category",
    "membership-url",
    "phone-url",
    "operator",
    "reason",
    "yes",
    "json",
  ],
  wordCount: { min: 1, max: 1 },
  run(request, desk, terminal) {
    const change = changeIn(request)
    return changeMerchant(request, desk, terminal, (seen) => {
      const { timeZone } = change
      const movesDays = timeZone !== undefined && timeZone !== seen.timeZone
      return {
        ok: true,
        change: {
          action: "merchants set",
          what: inWords(change),
          ask: movesDays
            ? {
                about: [`zone     ${seen.timeZone}, from now on ${timeZone}`],
                question:
                  "Its days begin at another hour from now on: today's bill has more or fewer hours, and a payment may no longer count as today's. Change it?",
              }
            : undefined,
          write: () => desk.merchants.setProfile(seen, change),
          done: [`${seen.merchantId}: ${inWords(change)}.`],
        },
      }
    })
  },
}

function changeIn({
  name,
  timeZone,
  category,
  subCategory,
  membershipUrl,
  phoneUrl,
}: Request): ProfileChange {
  const change = { name, timeZone, category, subCategory, membershipUrl, phoneUrl }
  if (Object.values(change).every((it) => it === undefined)) {
    throw new UsageError(
      "say what to change: --name, --time-zone, --category, --sub-category, --membership-url or --phone-url",
    )
  }
  return change
}

const WORDS = {
  name: "name",
  timeZone: "time zone",
  category: "category",
  subCategory: "sub-category",
  membershipUrl: "membership address",
  phoneUrl: "address for new phone numbers",
}

function inWords(change: ProfileChange): string {
  return (Object.keys(WORDS) as (keyof typeof WORDS)[])
    .flatMap((it) => (change[it] === undefined ? [] : `${WORDS[it]} ${change[it] ?? "taken away"}`))
    .join(", ")
}
