/** What will happen at the tills on one day, all of it from the seed. */
import type { Seeded } from "../simulation/seeded-random.ts"
import { MERCHANTS, type MerchantId } from "./running-chain.ts"

/** What the till does beside charging. */
export const STORIES = [
  "keeps",
  "charges twice at once",
  "reverses",
  "reverses by the platform's number",
  "reverses while it charges",
  "reverses before it charges",
  "reverses tomorrow",
  "refunds",
  "refunds, then reverses",
  "reverses, then refunds",
] as const
export type Story = (typeof STORIES)[number]

/**
 * How a refund is asked for. `too much` and what a `stranger` asks for are refused; `other amount` asks once as it should, then
 * under the same number for one fen more.
 */
export const REFUND_MANNERS = [
  "once",
  "again",
  "twice at once",
  "too much",
  "other amount",
  "stranger",
] as const
export type RefundManner = (typeof REFUND_MANNERS)[number]

export type PlannedRefund = { outRefundNo: string; feeFen: number; daysLater: number; manner: RefundManner }

export type CodeKind = "own" | "wechat" | "alipay" | "none"

export type Sale = {
  merchantId: MerchantId
  storeId: string
  outRequestNo: string
  totalFen: number
  code: CodeKind
  story: Story
  /** In the order in which they are asked for. */
  refunds: PlannedRefund[]
  /** What the till does when it hears nothing. */
  onSilence: "asks" | "sends again"
}

/** The contract's odd endings (§5), by the last three digits of the amount. */
const ENDINGS = [901, 902, 903, 904, 905, 906, 907, 908, 909, 910]
/** Texts that a file must escape are among them. */
const SHOPS = ["SZTX001", "SZTX001", "SZTX002", "=1+1", '站前"二",\r\n店', "'天桥店"]
const ODD_SHARE = 0.35
const USUAL: readonly Story[] = ["keeps", "refunds"]

/** @param dayNo from 1; part of every number, so that none is used twice in a week */
export function planDay(random: Seeded, dayNo: number, payments: number): Sale[] {
  const sales = Array.from({ length: payments }, (_, at) => planSale(random, `${dayNo}-${at + 1}`, at))
  return shuffled(random, sales)
}

function planSale(random: Seeded, name: string, at: number): Sale {
  // The first of a day have every ending once; of the others a share is odd.
  const ending =
    at < ENDINGS.length ? ENDINGS[at] : random.chance(ODD_SHARE) ? random.pick(ENDINGS) : undefined
  const totalFen = random.between(1, 40) * 1_000 + (ending ?? random.between(1, 900))
  const story = random.chance(0.5) ? random.pick(USUAL) : random.pick(STORIES)
  return {
    merchantId: random.pick(MERCHANTS),
    storeId: random.pick(SHOPS),
    outRequestNo: `${random.pick(["W", "W", "-", "_"])}${name}`,
    totalFen,
    code: planCode(random, ending),
    story,
    refunds: story.includes("refunds") ? planRefunds(random, name, totalFen, story) : [],
    onSilence: random.pick(["asks", "sends again"]),
  }
}

function planCode(random: Seeded, ending: number | undefined): CodeKind {
  if (ending === undefined && random.chance(0.06)) return random.pick(["alipay", "none"])
  return random.pick(["own", "wechat"])
}

/** One, a few or many; mostly within what was paid, and today unless said otherwise. */
function planRefunds(random: Seeded, name: string, totalFen: number, story: Story): PlannedRefund[] {
  // The channel lets each refund of such an order time out once, which takes the till seven seconds.
  const slow = totalFen % 1_000 === 910
  const count = slow ? 1 : random.pick([1, 1, 2, 3, random.between(6, 10)])
  const later = story === "refunds"
  let leftFen = totalFen
  return Array.from({ length: count }, (_, at) => {
    const manner = random.chance(0.4) ? random.pick(REFUND_MANNERS) : "once"
    const whole = at === count - 1 && random.chance(0.5)
    const feeFen = whole ? leftFen : random.between(1, Math.max(1, Math.floor(totalFen / (count + 1))))
    if (moves(manner)) leftFen -= feeFen
    return {
      outRefundNo: `R${name}-${at + 1}`,
      feeFen: manner === "too much" ? totalFen + 1 : feeFen,
      daysLater: later && random.chance(0.4) ? random.between(1, 2) : 0,
      manner,
    }
  })
}

export function moves(manner: RefundManner): boolean {
  return manner !== "too much" && manner !== "stranger"
}

function shuffled<T>(random: Seeded, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item)
}
