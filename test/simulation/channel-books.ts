/** What a simulated channel knows and holds: its books are the judge of what the platform says about money. */
import type { ChannelId } from "../../domain/channel.ts"
import type { Charged } from "../../domain/charge-outcome.ts"
import { MAX_SKEW_MS } from "./processes.ts"
import type { Seeded } from "./seeded-random.ts"
import type { VirtualTime } from "./virtual-time.ts"

/** Money that moved: taken where the amount is above zero, given back where it is below. */
export type BookLine = {
  channelOrderNo: string
  amountFen: number
  atMs: number
  /** The number under which it was given back, where it has one. */
  channelRefundNo?: string
}

/** How a channel behaves about one order, from its charge on. */
export type Quirks = {
  /** Until then it says of a charge it is at work on that it will never be. */
  deniesUntilMs?: number
  /** It says that it is busy until then. */
  busyUntilMs?: number
  /** Takes the money 3 s after the first reverse, which it does not answer. */
  takesAfterReverse?: boolean
  /** Takes the money after it has said that it never will: no honest channel does. */
  breaksItsWord?: boolean
  /** Reverses and refunds that still time out unexecuted. */
  undosToMiss?: number
  /** Definitely gives nothing back. */
  keepsTheMoney?: boolean
  /** Gives nothing back until then: what it would take it from has too little. */
  givesNothingUntilMs?: number
}

/** A refund that the channel accepted; one that failed moved nothing. */
export type Accepted = {
  amountFen: number
  acceptedAtMs: number
  doneAtMs: number
  failed: boolean
  /** Its money is with neither side from then until it is done. */
  stuckFromMs?: number
}

export type Entry = {
  /** What it thinks of the payment; undefined: it has not heard of it. */
  state?: "working" | "password" | "declined" | "taken" | "reversed" | "expired"
  charged?: Charged
  amountFen: number
  refunds: Map<string, Accepted>
  quirks: Quirks
}

export type ChannelWorld = {
  time: VirtualTime
  random: Seeded
  /** Hears what the channel does with each call that matters. */
  note(channelOrderNo: string, behaviour: string): void
  /** Hears of money that is taken, and whether the channel had left it open that it might be. */
  taken(channelOrderNo: string, honestly: boolean): void
  /** Hears of a refusal that may be none later. */
  refusedForNow(channelRefundNo: string): void
  /** Hears of money that went back under a number. */
  returned(line: BookLine): void
  /** Hears of money that moved as it never must. */
  wrong(channelOrderNo: string, what: string): void
}

/** A time during which the channel answers nobody and does nothing. */
export type Outage = { fromMs: number; untilMs: number }

export type Ledger = ChannelWorld & {
  id: ChannelId
  lines: BookLine[]
  entries: Map<string, Entry>
  usedCodes: Map<string, string>
  outages: readonly Outage[]
}

export function entryOf({ entries }: Ledger, channelOrderNo: string): Entry {
  const known = entries.get(channelOrderNo)
  if (known) return known
  const entry: Entry = { amountFen: 0, refunds: new Map(), quirks: {} }
  entries.set(channelOrderNo, entry)
  return entry
}

/** Takes the money as often as it is asked to, so that a second charge shows in the books instead of being swallowed. */
export function take(ledger: Ledger, channelOrderNo: string, amountFen: number): Charged | undefined {
  const { time, random, lines } = ledger
  const entry = entryOf(ledger, channelOrderNo)
  const wordGiven = entry.state === "reversed" || entry.state === "expired" || entry.state === "declined"
  if (wordGiven && !entry.quirks.breaksItsWord) return undefined
  const atMs = time.nowMs()
  lines.push({ channelOrderNo, amountFen, atMs })
  const charged: Charged = {
    channelTradeNo: `42${random.digits(26)}`,
    couponFen: random.chance(0.2) ? 1 : 0,
    paidAtMs: atMs,
  }
  Object.assign(entry, { state: "taken", charged, amountFen })
  ledger.note(channelOrderNo, "takes the money")
  ledger.taken(channelOrderNo, !wordGiven)
  return charged
}

/** Gives that much back, also more than it holds: whoever asks under two numbers gets it twice, and that shows. */
export function giveBack(
  ledger: Ledger,
  channelOrderNo: string,
  amountFen: number,
  channelRefundNo?: string,
): void {
  const line = { channelOrderNo, amountFen: -amountFen, atMs: ledger.time.nowMs(), channelRefundNo }
  ledger.lines.push(line)
  ledger.note(channelOrderNo, "gives the money back")
  ledger.returned(line)
  if (heldFen(ledger, channelOrderNo) < 0) ledger.wrong(channelOrderNo, "more was given back than was taken")
}

export function heldFen({ lines }: Ledger, channelOrderNo: string): number {
  return lines.reduce((sum, line) => (line.channelOrderNo === channelOrderNo ? sum + line.amountFen : sum), 0)
}

/** All of it went back under refunds that are done. */
export function isReturned({ time }: Ledger, entry: Entry): boolean {
  const now = time.nowMs()
  const done = [...entry.refunds.values()].filter((it) => it.doneAtMs <= now && !it.failed)
  return entry.state === "taken" && done.reduce((sum, it) => sum + it.amountFen, 0) >= entry.amountFen
}

export function isDown({ outages, time }: Ledger): boolean {
  const now = time.monotonicMs()
  return outages.some(({ fromMs, untilMs }) => fromMs <= now && now < untilMs)
}

/** An undoing or refund that times out unexecuted. */
export function missesUndo({ quirks }: Entry): boolean {
  if (!quirks.undosToMiss) return false
  quirks.undosToMiss -= 1
  return true
}

/** The client's own clock decides whether it sends; that differs from the channel's by less than this. */
export function wasSentTooLate({ time }: Ledger, { notAfterMs }: { notAfterMs: number }): boolean {
  return time.nowMs() > notAfterMs + MAX_SKEW_MS
}

export const TOO_LATE = { kind: "notSent", cause: "too late" } as const

const MISSED = { kind: "unknown", cause: "time-out" } as const

export async function missed({ time }: Ledger, timeoutMs: number): Promise<typeof MISSED> {
  await time.sleep(timeoutMs)
  return MISSED
}
