/**
 * What a simulated channel may do when it is asked to give money back under a number. The same number moves money once; how
 * much all of them come to it does not look at: that is the platform's business (I4), and more shows in the books.
 */
import type { ReturnOutcome } from "../../domain/charge-outcome.ts"
import type { ReturnRequest } from "../../usecases/ports.ts"
import {
  type Accepted,
  type Entry,
  entryOf,
  giveBack,
  isDown,
  type Ledger,
  missed,
  missesUndo,
  TOO_LATE,
  wasSentTooLate,
} from "./channel-books.ts"

export const REFUND_WORDS = [
  "refund: done",
  "refund: done, unanswered",
  "refund: unanswered, and lands later",
  "refund: in progress",
  "refund: in progress, and fails then",
  "refund: stuck, and settled later",
  "refund: not sent, too late",
  "refund: missed",
  "refund: refused",
  "refund: refused for now",
  "refund: refused, too soon after another",
  "refund: refused, being known already",
  "refund: the one that failed once more",
  "refund: the same once more",
] as const
type Word = (typeof REFUND_WORDS)[number]

const BUSY = { kind: "unknown", cause: "system busy" } as const
/** Refunds of one payment that follow each other sooner may be refused. */
const TOO_SOON_MS = 50_000
/** How long after its time-out an asking may still be on its way: less than `lateChargeMs` by what clocks differ. */
const LATEST_REFUND_MS = 57_000

export async function refund(ledger: Ledger, request: ReturnRequest): Promise<ReturnOutcome> {
  const { time, random } = ledger
  const { channelOrderNo, channelRefundNo, timeoutMs } = request
  const say = speaker(ledger, channelOrderNo)
  if (wasSentTooLate(ledger, request)) return say("refund: not sent, too late", TOO_LATE)
  if (isDown(ledger)) return missed(ledger, timeoutMs)
  await time.sleep(random.between(10, 300))
  const entry = entryOf(ledger, channelOrderNo)
  if (missesUndo(entry)) return say("refund: missed", await missed(ledger, timeoutMs))
  if (random.chance(0.05)) return BUSY
  if (entry.quirks.keepsTheMoney) return say("refund: refused", { kind: "refused", channelCode: "KEPT" })
  if (entry.refunds.has(channelRefundNo)) return askedAgain(ledger, entry, request)
  if (entry.state !== "taken") return say("refund: refused", { kind: "refused", channelCode: "NOT_PAID" })
  if (random.chance(0.15)) {
    time.after(timeoutMs + random.between(0, LATEST_REFUND_MS), () => void carryOut(ledger, entry, request))
    return say("refund: unanswered, and lands later", await missed(ledger, timeoutMs))
  }
  const refusal = refusalFor(ledger, entry, request)
  if (refusal) return refusal
  const word = carryOut(ledger, entry, request)
  if (word !== "refund: done") return say(word, refundNow(ledger, entry, channelRefundNo))
  if (random.chance(0.15)) return say("refund: done, unanswered", await missed(ledger, timeoutMs))
  return say(word, refundNow(ledger, entry, channelRefundNo))
}

/** In words that may hold for a good while, or for less than a minute. */
function refusalFor(
  ledger: Ledger,
  entry: Entry,
  { channelOrderNo, channelRefundNo }: ReturnRequest,
): ReturnOutcome | undefined {
  const { time, random } = ledger
  const { quirks, refunds } = entry
  const say = speaker(ledger, channelOrderNo)
  const nowMs = time.nowMs()
  if (random.chance(0.15)) quirks.givesNothingUntilMs ??= nowMs + random.between(0, 5 * 60_000)
  if ((quirks.givesNothingUntilMs ?? 0) > nowMs)
    return say("refund: refused for now", { kind: "refused", channelCode: "NOT_ENOUGH" })
  const tooSoon = [...refunds.values()].some((it) => it.acceptedAtMs > nowMs - TOO_SOON_MS)
  if (!tooSoon || random.chance(0.5)) return undefined
  ledger.refusedForNow(channelRefundNo)
  return say("refund: refused, too soon after another", {
    kind: "refused",
    channelCode: "INVALID_REQUEST",
    perhapsLater: true,
  })
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
  if (entry.refunds.get(channelRefundNo)?.failed)
    return say("refund: the one that failed once more", refundNow(ledger, entry, channelRefundNo))
  if (ledger.random.chance(0.25))
    return say("refund: refused, being known already", { kind: "refused", channelCode: "FREQUENCY" })
  return say("refund: the same once more", refundNow(ledger, entry, channelRefundNo))
}

/** At once or in a while; or in a while not after all: that number is used up then. */
function carryOut(ledger: Ledger, entry: Entry, request: ReturnRequest): Word {
  const { time, random } = ledger
  const { channelOrderNo, channelRefundNo, amountFen } = request
  if (entry.refunds.has(channelRefundNo) || entry.state !== "taken") return "refund: the same once more"
  const nowMs = time.nowMs()
  const stuck = random.chance(0.08)
  const workMs = stuck || random.chance(0.25) ? random.between(2_000, 40_000) : 0
  const afterMs = workMs + (stuck ? random.between(1_000, 60 * 60_000) : 0)
  const fails = !stuck && afterMs > 0 && random.chance(0.4)
  const begun: Accepted = { amountFen, acceptedAtMs: nowMs, doneAtMs: nowMs + afterMs, failed: false }
  if (stuck) begun.stuckFromMs = nowMs + (random.chance(0.5) ? 0 : workMs)
  entry.refunds.set(channelRefundNo, begun)
  const finish = () => {
    begun.failed = fails
    if (!fails) giveBack(ledger, channelOrderNo, amountFen, channelRefundNo)
  }
  if (afterMs > 0) time.after(afterMs, finish)
  else finish()
  if (stuck) return "refund: stuck, and settled later"
  if (fails) return "refund: in progress, and fails then"
  return afterMs > 0 ? "refund: in progress" : "refund: done"
}

function refundNow({ time }: Ledger, entry: Entry, channelRefundNo: string): ReturnOutcome {
  const found = entry.refunds.get(channelRefundNo)
  if (!found) return { kind: "notFound" }
  const { failed, stuckFromMs = Number.POSITIVE_INFINITY, doneAtMs } = found
  if (failed) return { kind: "refused", channelCode: "CLOSED", numberEnded: true }
  if (doneAtMs > time.nowMs() && stuckFromMs <= time.nowMs())
    return { kind: "stuck", channelCode: "ABNORMAL" }
  if (doneAtMs > time.nowMs()) return { kind: "processing" }
  return { kind: "returned", channelRefundNo: `50${channelRefundNo}`, returnedAtMs: found.doneAtMs }
}

function speaker(ledger: Ledger, channelOrderNo: string): <T>(word: Word, outcome: T) => T {
  return (word, outcome) => {
    ledger.note(channelOrderNo, word)
    return outcome
  }
}
