/**
 * A channel with books of its own. It is deliberately naive: it takes money as often as it is asked to, so that a second
 * charge of an order shows in the books instead of being swallowed.
 */
import type { ChannelId } from "../../domain/channel.ts"
import type { Charged, ChargeOutcome, QueryOutcome } from "../../domain/charge-outcome.ts"
import type { ChannelCapabilities, ChargeRequest, PayChannel } from "../../usecases/ports.ts"
import type { Seeded } from "./seeded-random.ts"
import type { VirtualTime } from "./virtual-time.ts"

export const BEHAVIOURS = [
  "pays",
  "declines",
  "silent, taken",
  "silent, taken late",
  "silent, not taken",
  "works, then paid",
  "password, then paid",
  "password, never",
  "system error, taken",
  "not sent",
] as const
export type Behaviour = (typeof BEHAVIOURS)[number]

/** How long after its time-out a charge may still be on its way: longer than a lease (design §2, `lateChargeMs`). */
const LATEST_CHARGE_MS = 60_000

export type BookLine = { channelOrderNo: string; amountFen: number; atMs: number }

export type SimulatedChannel = PayChannel & { books: readonly BookLine[] }

type Entry = { state: "taken" | "declined" | "working" | "password"; charged?: Charged; deafUntilMs: number }

export type ChannelWorld = {
  time: VirtualTime
  random: Seeded
  /** Hears what the channel does with each charge. */
  note(channelOrderNo: string, behaviour: Behaviour): void
}

/** As WeChat's, with a shorter plan of questions: a run need not be long. */
const CAPABILITIES: ChannelCapabilities = {
  intents: ["code", "agreement"],
  maxOrderNoLength: 32,
  notifies: {},
  queryPlanMs: [5_000, 5_000, 10_000],
  withinCallPlanMs: [150, 500, 1_000],
}

export function simulatedChannel(id: ChannelId, world: ChannelWorld): SimulatedChannel {
  const books: BookLine[] = []
  const entries = new Map<string, Entry>()
  const usedCodes = new Map<string, string>()
  const ledger = { id, books, entries, ...world }
  return {
    id,
    books,
    capabilities: CAPABILITIES,

    async charge(request) {
      const behaviour = chooseBehaviour(world.random)
      await world.time.sleep(world.random.between(10, 400))
      if (request.by.intent === "code") {
        const holder = usedCodes.get(request.by.code) ?? request.channelOrderNo
        usedCodes.set(request.by.code, holder)
        if (holder !== request.channelOrderNo) return decline(ledger, request, "CHANNEL_REFUSED")
      }
      world.note(request.channelOrderNo, behaviour)
      return perform(ledger, request, behaviour)
    },

    async query({ channelOrderNo }) {
      await world.time.sleep(world.random.between(10, 200))
      return answerOf(entries.get(channelOrderNo), world)
    },

    reverse: neverUndone,
    refund: neverUndone,
    queryRefund: neverUndone,
  }
}

/** Paying alone undoes nothing; a run in which it is tried falls over. */
export function neverUndone(): Promise<never> {
  return Promise.reject(new Error("paying asked a channel to undo something"))
}

type Ledger = ChannelWorld & { id: ChannelId; books: BookLine[]; entries: Map<string, Entry> }

function chooseBehaviour(random: Seeded): Behaviour {
  if (random.chance(0.3)) return "pays"
  // Asked again within the call: the only way on which a call sleeps.
  return random.chance(0.2) ? "works, then paid" : random.pick(BEHAVIOURS)
}

async function perform(ledger: Ledger, request: ChargeRequest, behaviour: Behaviour): Promise<ChargeOutcome> {
  const { time, random } = ledger
  switch (behaviour) {
    case "pays":
      return { kind: "charged", ...take(ledger, request) }
    case "declines":
      return decline(ledger, request, "BALANCE_INSUFFICIENT")
    case "silent, taken":
      take(ledger, request)
      return silence(ledger, request)
    case "silent, taken late":
      time.after(request.timeoutMs + random.between(0, LATEST_CHARGE_MS), () => take(ledger, request))
      return silence(ledger, request)
    case "silent, not taken":
      return silence(ledger, request)
    case "works, then paid":
      return keepWaiting(ledger, request, { state: "working", paidAfterMs: random.between(100, 20_000) })
    case "password, then paid":
      return keepWaiting(ledger, request, { state: "password", paidAfterMs: random.between(2_000, 20_000) })
    case "password, never":
      return keepWaiting(ledger, request, { state: "password" })
    case "system error, taken":
      take(ledger, request, random.between(0, 15_000))
      return { kind: "unknown", cause: "system error" }
    case "not sent":
      return { kind: "notSent", cause: "the account does not open" }
  }
}

function take(ledger: Ledger, { channelOrderNo, amountFen }: ChargeRequest, deafForMs = 0): Charged {
  const { time, random, books, entries } = ledger
  const atMs = time.nowMs()
  books.push({ channelOrderNo, amountFen, atMs })
  const charged: Charged = {
    channelTradeNo: `42${random.digits(26)}`,
    couponFen: random.chance(0.2) ? 1 : 0,
    paidAtMs: atMs,
  }
  entries.set(channelOrderNo, { state: "taken", charged, deafUntilMs: atMs + deafForMs })
  return charged
}

function decline(
  { entries }: Ledger,
  request: ChargeRequest,
  code: "BALANCE_INSUFFICIENT" | "CHANNEL_REFUSED",
): ChargeOutcome {
  if (!entries.has(request.channelOrderNo)) {
    entries.set(request.channelOrderNo, { state: "declined", deafUntilMs: 0 })
  }
  return { kind: "declined", code, channelCode: "NOTENOUGH" }
}

async function silence({ time }: Ledger, { timeoutMs }: ChargeRequest): Promise<ChargeOutcome> {
  await time.sleep(timeoutMs)
  return { kind: "unknown", cause: "time-out" }
}

function keepWaiting(
  ledger: Ledger,
  request: ChargeRequest,
  { state, paidAfterMs }: { state: "working" | "password"; paidAfterMs?: number },
): ChargeOutcome {
  ledger.entries.set(request.channelOrderNo, { state, deafUntilMs: 0 })
  if (paidAfterMs !== undefined) ledger.time.after(paidAfterMs, () => take(ledger, request))
  return { kind: "pending", waitingFor: state === "working" ? "channel" : "password" }
}

function answerOf(entry: Entry | undefined, { time, random }: ChannelWorld): QueryOutcome {
  if (random.chance(0.05)) return { kind: "unknown", cause: "time-out" }
  if (!entry) return { kind: "notFound" }
  if (entry.deafUntilMs > time.nowMs()) return { kind: "unknown", cause: "system busy" }
  if (entry.charged) return { kind: "charged", ...entry.charged }
  if (entry.state === "declined") {
    return { kind: "declined", code: "BALANCE_INSUFFICIENT", channelCode: "NOTENOUGH" }
  }
  return { kind: "pending", waitingFor: entry.state === "working" ? "channel" : "password" }
}
