import type { PayStatus } from "../../../sdk/messages.ts"
import { say } from "./language.ts"
import { formatYuan } from "./yuan.ts"

/** What the simulated channel does with an amount, by its last three digits (docs/local.md). */
export type Ending = {
  digits: "plain" | "901" | "902" | "903" | "904" | "905" | "906" | "907" | "908" | "909" | "910"
  amountFen: number
  first: PayStatus
  last: PayStatus
  charged: boolean
  returned: boolean
}

const PAID = { last: "PS_SUCCESS", charged: true, returned: false } as const
const NOTHING_TAKEN = { last: "PS_CLOSED", charged: false, returned: false } as const

export const ENDINGS: readonly Ending[] = [
  { digits: "plain", amountFen: 600, first: "PS_SUCCESS", ...PAID },
  { digits: "901", amountFen: 901, first: "PS_FAILED", last: "PS_FAILED", charged: false, returned: false },
  { digits: "902", amountFen: 902, first: "PS_PAYING", ...PAID },
  { digits: "903", amountFen: 903, first: "PS_PAYING", ...NOTHING_TAKEN },
  { digits: "904", amountFen: 904, first: "PS_PAYING", ...PAID },
  { digits: "905", amountFen: 905, first: "PS_PAYING", ...NOTHING_TAKEN },
  { digits: "906", amountFen: 906, first: "PS_PAYING", ...PAID },
  { digits: "907", amountFen: 907, first: "PS_PAYING", ...PAID },
  { digits: "908", amountFen: 908, first: "PS_PAYING", last: "PS_CLOSED", charged: true, returned: true },
  { digits: "909", amountFen: 909, first: "PS_SUCCESS", ...PAID },
  { digits: "910", amountFen: 910, first: "PS_SUCCESS", ...PAID },
]

/** The ending that this amount leads to. */
export function endingOf(amountFen: number): Ending {
  const digits = String(amountFen % 1000)
  return ENDINGS.find((it) => it.digits === digits) ?? (ENDINGS[0] as Ending)
}

/** In a sentence: what the till sees first, the end, and the channel's books (charged / returned). */
export function planOf(ending: Ending, amountFen: number): string {
  const amount = formatYuan(amountFen)
  const books =
    ending.digits === "910"
      ? say("booksUntilUndone", { amount })
      : `${ending.charged ? amount : "0"} / ${ending.returned ? amount : "0"}`
  return say("endingPlan", {
    first: say(`status.${ending.first}`),
    last: say(`status.${ending.last}`),
    books,
  })
}
