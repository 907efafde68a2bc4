/** What a simulated channel may do when it is asked to reverse a charge. */
import type { ReverseOutcome } from "../../domain/charge-outcome.ts"
import type { ReverseRequest } from "../../usecases/ports.ts"
import {
  type Entry,
  entryOf,
  giveBack,
  isDown,
  isReturned,
  type Ledger,
  missed,
  missesUndo,
  TOO_LATE,
  take,
  wasSentTooLate,
} from "./channel-books.ts"

export const REVERSE_WORDS = [
  "reverse: done",
  "reverse: done, unanswered",
  "reverse: done before it was charged",
  "reverse: no such order",
  "reverse: refused",
  "reverse: missed",
  "reverse: not sent, too late",
  "reverse: unanswered, then takes the money",
  "reverse: done, then takes the money",
] as const
type Word = (typeof REVERSE_WORDS)[number]

const BUSY = { kind: "unknown", cause: "system busy" } as const
/** A payment that was in doubt is taken so soon after its reverse was asked for. */
const TAKEN_AFTER_REVERSE_MS = 3_000
const WORD_BROKEN_WITHIN_MS = 60_000

export async function reverse(ledger: Ledger, request: ReverseRequest): Promise<ReverseOutcome> {
  const { time, random } = ledger
  const { channelOrderNo, timeoutMs } = request
  const say = speaker(ledger, channelOrderNo)
  if (wasSentTooLate(ledger, request)) return say("reverse: not sent, too late", TOO_LATE)
  if (isDown(ledger)) return missed(ledger, timeoutMs)
  await time.sleep(random.between(10, 300))
  const entry = entryOf(ledger, channelOrderNo)
  if (missesUndo(entry)) return say("reverse: missed", await missed(ledger, timeoutMs))
  if (random.chance(0.05)) return BUSY
  if ((entry.quirks.deniesUntilMs ?? 0) > time.nowMs()) return say("reverse: no such order", NOT_FOUND)
  if (entry.quirks.keepsTheMoney) return say("reverse: refused", { kind: "refused", channelCode: "KEPT" })
  if (entry.state === undefined) return reverseUnheard(ledger, entry, request)
  if (entry.state !== "taken") return reverseUnpaid(ledger, entry, channelOrderNo)
  if (entry.refunds.size > 0) return say("reverse: refused", { kind: "refused", channelCode: "REFUNDED" })
  entry.state = "reversed"
  giveBack(ledger, channelOrderNo, entry.amountFen)
  if (random.chance(0.15)) return say("reverse: done, unanswered", await missed(ledger, timeoutMs))
  return say("reverse: done", { kind: "undone" })
}

const NOT_FOUND = { kind: "notFound" } as const

async function reverseUnheard(
  ledger: Ledger,
  entry: Entry,
  { channelOrderNo, timeoutMs }: ReverseRequest,
): Promise<ReverseOutcome> {
  const { time, random } = ledger
  const say = speaker(ledger, channelOrderNo)
  const takeLater = (ms: number) => time.after(ms, () => void take(ledger, channelOrderNo, entry.amountFen))
  if (entry.quirks.takesAfterReverse) {
    entry.quirks.takesAfterReverse = false
    takeLater(TAKEN_AFTER_REVERSE_MS)
    return say("reverse: unanswered, then takes the money", await missed(ledger, timeoutMs))
  }
  if (entry.quirks.breaksItsWord) {
    entry.state = "reversed"
    takeLater(random.between(1_000, WORD_BROKEN_WITHIN_MS))
    return say("reverse: done, then takes the money", { kind: "undone" })
  }
  if (random.chance(0.5)) return say("reverse: no such order", NOT_FOUND)
  entry.state = "reversed"
  return say("reverse: done before it was charged", { kind: "undone" })
}

function reverseUnpaid(ledger: Ledger, entry: Entry, channelOrderNo: string): ReverseOutcome {
  const say = speaker(ledger, channelOrderNo)
  if (ledger.random.chance(0.3) && entry.state !== "working" && entry.state !== "password") {
    return say("reverse: refused", { kind: "refused", channelCode: "NOT_PAID" })
  }
  entry.state = "reversed"
  return say("reverse: done", { kind: "undone" })
}

/** A reversed or returned payment, as a query tells it: some channels call it returned while that is still under way. */
export function undoneAs(ledger: Ledger, entry: Entry): "returned" | "closed" | undefined {
  if (isReturned(ledger, entry)) return "returned"
  if (entry.state === "taken" && entry.refunds.size > 0 && ledger.random.chance(0.5)) return "returned"
  if (entry.state === "reversed" && entry.charged && ledger.random.chance(0.3)) return "returned"
  return entry.state === "reversed" || entry.state === "expired" ? "closed" : undefined
}

function speaker(ledger: Ledger, channelOrderNo: string): <T>(word: Word, outcome: T) => T {
  return (word, outcome) => {
    ledger.note(channelOrderNo, word)
    return outcome
  }
}
