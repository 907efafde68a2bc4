/** A channel with books of its own, out of order now and then, and sometimes for ever. */
import type { ChannelId } from "../../domain/channel.ts"
import type { QueryOutcome } from "../../domain/charge-outcome.ts"
import type { ChannelCapabilities, PayChannel, QueryRequest } from "../../usecases/ports.ts"
import {
  type BookLine,
  type ChannelWorld,
  type Entry,
  entryOf,
  isDown,
  type Ledger,
  type Outage,
} from "./channel-books.ts"
import { charge } from "./channel-charging.ts"
import { queryRefund, refund } from "./channel-refunding.ts"
import { reverse, undoneAs } from "./channel-undoing.ts"

export type SimulatedChannel = PayChannel & {
  lines: readonly BookLine[]
  entries: ReadonlyMap<string, Entry>
  /** From then on it answers nobody, for ever. */
  silentFromMs: number | undefined
}

const DAY_MS = 24 * 60 * 60 * 1000

/** One as WeChat, with a shorter plan of questions; one that can be asked to reverse at once, but not for long. */
const CAPABILITIES: Readonly<Record<"wechat" | "alipay", ChannelCapabilities>> = {
  wechat: capabilitiesWith({ minWaitMs: 15_000, windowMs: 7 * DAY_MS }),
  alipay: capabilitiesWith({ minWaitMs: 0, windowMs: 45_000 }),
}

function capabilitiesWith(window: ChannelCapabilities["reverse"]): ChannelCapabilities {
  return {
    intents: ["code", "agreement"],
    maxOrderNoLength: 32,
    notifies: {},
    reverse: window,
    refund: { windowMs: 365 * DAY_MS, maxParts: 50 },
    queryPlanMs: [5_000, 5_000, 10_000],
    withinCallPlanMs: [150, 500, 1_000],
  }
}

export function simulatedChannel(
  id: Extract<ChannelId, "wechat" | "alipay">,
  world: ChannelWorld,
  outages: readonly Outage[],
): SimulatedChannel {
  const ledger: Ledger = { id, lines: [], entries: new Map(), usedCodes: new Map(), outages, ...world }
  return {
    id,
    lines: ledger.lines,
    entries: ledger.entries,
    silentFromMs: outages.find((it) => it.untilMs === Number.POSITIVE_INFINITY)?.fromMs,
    capabilities: CAPABILITIES[id],
    charge: (request) => charge(ledger, request),
    query: (request) => query(ledger, request),
    reverse: (request) => reverse(ledger, request),
    refund: (request) => refund(ledger, request),
    queryRefund: (request) => queryRefund(ledger, request),
  }
}

async function query(ledger: Ledger, { channelOrderNo, timeoutMs }: QueryRequest): Promise<QueryOutcome> {
  const { time, random } = ledger
  if (isDown(ledger)) {
    await time.sleep(timeoutMs)
    return { kind: "unknown", cause: "time-out" }
  }
  await time.sleep(random.between(10, 200))
  if (random.chance(0.05)) return { kind: "unknown", cause: "system busy" }
  const entry = entryOf(ledger, channelOrderNo)
  const { quirks, charged, state } = entry
  if ((quirks.deniesUntilMs ?? 0) > time.nowMs()) return DECLINED
  if (state === undefined) return { kind: "notFound" }
  if ((quirks.busyUntilMs ?? 0) > time.nowMs()) return { kind: "unknown", cause: "system busy" }
  const undone = undoneAs(ledger, entry)
  if (undone === "closed") return { kind: "closed" }
  if (charged) return { kind: undone ?? "charged", ...charged }
  if (state === "declined") return DECLINED
  return { kind: "pending", waitingFor: state === "working" ? "channel" : "password" }
}

const DECLINED = { kind: "declined", code: "BALANCE_INSUFFICIENT", channelCode: "NOTENOUGH" } as const
