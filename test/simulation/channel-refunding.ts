/**
 * What a simulated channel may do when it is asked to give money back under a number. The same number moves money once; how
 * much all of them come to it does not look at: that is the platform's business (I4), and more shows in the books.
 */
import type { ReturnOutcome } from "../../domain/charge-outcome.ts"
import type { ReturnRequest } from "../../usecases/ports.ts"
import { type Entry, entryOf, giveBack, isDown, type Ledger, missed, missesUndo } from "./channel-books.ts"

export const REFUND_WORDS = [
  "refund: done",
  "refund: done, unanswered",
  "refund: unanswered, and lands later",
  "refund: in progress",
  "refund: in progress, and fails then",
  "refund: missed",
  "refund: refused",
  "refund: refused for now",
  "refund: refused, being known already",
  "refund: the one that failed once more",
  "refund: the same once more",
] as const
type Word = (typeof REFUND_WORDS)[number]

const BUSY = { kind: "unknown", cause: "system busy" } as const
/** How long after its time-out an asking may still be on its way: less than `lateChargeMs` by what clocks differ. */
const LATEST_REFUND_MS = 57_000

export async function refund(ledger: Ledger, request: ReturnRequest): Promise<ReturnOutcome> {
  const { time, random } = ledger
  const { channelOrderNo, channelRefundNo, timeoutMs } = request
  const say = speaker(ledger, channelOrderNo)
  if (isDown(ledger)) return missed(ledger, timeoutMs)
  await time.sleep(random.between(10, 300))
  const entry = entryOf(ledger, channelOrderNo)
  if (missesUndo(entry)) return say("refund: missed", await missed(ledger, timeoutMs))
  if (random.chance(0.05)) return BUSY
  if (entry.quirks.keepsTheMoney) return say("refund: refused", { kind: "refused", channelCode: "KEPT" })
  const known = entry.refunds.get(channelRefundNo)
  if (known && !known.failed) return askedAgain(ledger, entry, request)
  if (known?.failed && random.chance(0.5))
    return say("refund: the one that failed once more", refundNow(ledger, entry, channelRefundNo))
  if (entry.state !== "taken") return say("refund: refused", { kind: "refused", channelCode: "NOT_PAID" })
  if (random.chance(0.15)) {
    time.after(timeoutMs + random.between(0, LATEST_REFUND_MS), () => void carryOut(ledger, entry, request))
    return say("refund: unanswered, and lands later", await missed(ledger, timeoutMs))
  }
  if (random.chance(0.15))
    return say("refund: refused for now", { kind: "refused", channelCode: "NOT_ENOUGH" })
  const word = carryOut(ledger, entry, request)
  if (word !== "refund: done") return say(word, { kind: "processing" })
  if (random.chance(0.15)) return say("refund: done, unanswered", await missed(ledger, timeoutMs))
  return say(word, refundNow(ledger, entry, channelRefundNo))
}

export async function queryRefund(ledger: Ledger, request: ReturnRequest): Promise<ReturnOutcome> {
  if (isDown(ledger)) return missed(ledger, request.timeoutMs)
  await ledger.time.sleep(ledger.random.between(10, 200))
  return refundNow(ledger, entryOf(ledger, request.channelOrderNo), request.channelRefundNo)
}

/** What is done is done; some channels do not like to be asked again, and ask for the refund's own state. */
function askedAgain(
  ledger: Ledger,
  entry: Entry,
  { channelOrderNo, channelRefundNo }: ReturnRequest,
): ReturnOutcome {
  const say = speaker(ledger, channelOrderNo)
  if (ledger.random.chance(0.25))
    return say("refund: refused, being known already", { kind: "refused", channelCode: "FREQUENCY" })
  return say("refund: the same once more", refundNow(ledger, entry, channelRefundNo))
}

/** At once or in a while; or in a while not after all: then the same number may be tried anew. */
function carryOut(ledger: Ledger, entry: Entry, request: ReturnRequest): Word {
  const { time, random } = ledger
  const { channelOrderNo, channelRefundNo, amountFen } = request
  const known = entry.refunds.get(channelRefundNo)
  if ((known && !known.failed) || entry.state !== "taken") return "refund: the same once more"
  const afterMs = random.chance(0.25) ? random.between(2_000, 40_000) : 0
  const fails = afterMs > 0 && random.chance(0.4)
  const begun = { amountFen, doneAtMs: time.nowMs() + afterMs, failed: false }
  entry.refunds.set(channelRefundNo, begun)
  const finish = () => {
    begun.failed = fails
    if (!fails) giveBack(ledger, channelOrderNo, amountFen, channelRefundNo)
  }
  if (afterMs > 0) time.after(afterMs, finish)
  else finish()
  if (fails) return "refund: in progress, and fails then"
  return afterMs > 0 ? "refund: in progress" : "refund: done"
}

function refundNow({ time }: Ledger, entry: Entry, channelRefundNo: string): ReturnOutcome {
  const found = entry.refunds.get(channelRefundNo)
  if (!found) return { kind: "notFound" }
  if (found.failed) return { kind: "refused", channelCode: "CLOSED" }
  if (found.doneAtMs > time.nowMs()) return { kind: "processing" }
  return { kind: "returned", channelRefundNo: `50${channelRefundNo}`, returnedAtMs: found.doneAtMs }
}

function speaker(ledger: Ledger, channelOrderNo: string): <T>(word: Word, outcome: T) => T {
  return (word, outcome) => {
    ledger.note(channelOrderNo, word)
    return outcome
  }
}
