/** One simulated platform: stores, channels, queue, stream, workflow and processes, all moved by one seed. */
import type { ChannelId } from "../../domain/channel.ts"
import type { Order } from "../../domain/order.ts"
import { DEFAULT_CODE_KINDS, DEFAULT_OWN_PREFIX } from "../../domain/payment-code.ts"
import type { Refund } from "../../domain/refund.ts"
import type { OrderChange } from "../../usecases/consumption-records.ts"
import type {
  Channels,
  CodeStore,
  OrderStore,
  PaymentSettings,
  PollMessage,
  PollQueue,
  RefundMessage,
  RefundSettings,
  RefundStore,
  UndoSettings,
} from "../../usecases/ports.ts"
import { recoverOrder } from "../../usecases/recover-order.ts"
import { type RefundChange, recoverRefund } from "../../usecases/recover-refund.ts"
import { reverseOrder } from "../../usecases/reverse-order.ts"
import type { BookLine, Outage } from "./channel-books.ts"
import { emptyTables, type MemoryTables, memoryStores, type Stores } from "./memory-stores.ts"
import type { Start } from "./named-executions.ts"
import { type PlatformPorts, processStarter } from "./process-ports.ts"
import type { Process } from "./processes.ts"
import { refusedForGood, reservedRightly, returnedRightly, toldByTheBooks } from "./refund-money.ts"
import { startRefunding } from "./refund-workflow.ts"
import { type Seeded, seededRandom } from "./seeded-random.ts"
import { type SimulatedChannel, simulatedChannel } from "./simulated-channel.ts"
import { startUndoing } from "./undo-workflow.ts"
import { type VirtualTime, virtualTime } from "./virtual-time.ts"

/** What a planted fault may break: it gets the honest parts and gives others. */
export type BreakableParts = {
  orders: OrderStore
  refunds: RefundStore
  codes: CodeStore
  channels: Channels
  polls: PollQueue
  startUndoing: Start
  startRefunding: Start
  reverse: typeof reverseOrder
  recover: typeof recoverOrder
  recoverRefund: typeof recoverRefund
}
export type PlantedFault = (
  honest: BreakableParts,
  around: { time: VirtualTime; random: Seeded },
) => BreakableParts

/** What a till was told about a number, and when it had asked. */
export type Answer = {
  call: "applypay" | "orderquery" | "reverse"
  merchantId: string
  outRequestNo: string
  /** Of what applypay sent. */
  fingerprint?: string
  askedAtMs: number
  toldAtMs: number
  order?: Order
  refusal?: string
}

/** What a till was told about a refund; a call for it says of which order and how much. */
export type RefundAnswer = {
  call: "refund" | "refundquery"
  merchantId: string
  outRefundNo: string
  wanted?: { tradeNo: string; amountFen: number }
  askedAtMs: number
  toldAtMs: number
  refund?: Refund
  refusal?: string
}

/** A change as the stream of the table tells it: of one or the other. */
export type TableChange = { order?: OrderChange; refund?: RefundChange }

export type World = {
  seed: number
  time: VirtualTime
  random: Seeded
  codeKey: Buffer
  settings: PlatformPorts["settings"]
  tables: MemoryTables
  stores: Stores
  channels: Record<"wechat" | "alipay", SimulatedChannel>
  parts: BreakableParts
  lines(): BookLine[]
  /** Every write of each order, in order. */
  journal: Map<string, Order[]>
  /** The same of each refund, with the moment of monotonic time. */
  refundJournal: Map<string, { refund: Refund; atMs: number }[]>
  /** When each generation of a refund was first held on its order, by monotonic time. */
  heldSinceMs: Map<string, number>
  /** When a channel first refused a number in words that may be others later. */
  refusedForNow: Map<string, number>
  answers: Answer[]
  refundAnswers: RefundAnswer[]
  /** Orders that a merchant asked to undo. */
  reversalsAsked: Set<string>
  /** Sent and not yet delivered; the run delivers them. */
  onPoll(deliver: (channel: ChannelId, message: PollMessage | RefundMessage, delayMs: number) => void): void
  /** Each change, as the stream of the table tells it. */
  onChange(hear: (change: TableChange) => void): void
  startProcess(kind: string, about: string): { process: Process; ports: PlatformPorts }
  /** The merchant's number of an order, for the story. */
  nameOf(tradeNo: string): string
  /** The merchant's number of a refund, and its order's. */
  refundNameOf(refundId: string): string
  /** How often each thing worth counting happened. */
  tally: Map<string, number>
  count(what: string): void
  /** The run in plain words. */
  history: string[]
  tell(what: string): void
  /** What must never happen, as it is seen. */
  violations: string[]
}

/** 2025-06-01 23:50 in Shanghai: a run goes over midnight. */
const START_MS = Date.UTC(2025, 5, 1, 15, 50)
const CODE_KEY = Buffer.from("simulated code key, 32 bytes long")

/** As deployed, but a merchant has had too many wrong codes sooner: a run is short. */
const SETTINGS: PaymentSettings & UndoSettings & RefundSettings = {
  codeKinds: DEFAULT_CODE_KINDS,
  ownCodePrefix: DEFAULT_OWN_PREFIX,
  wrongCodes: { limit: 4, windowMs: 5 * 60_000 },
  channelTimeoutMs: 7_000,
  answerWithinMs: 9_000,
  lateChargeMs: 60_000,
  visibleAfterMs: 10 * 60_000,
  retryPlanMs: [2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000],
  lateAskMs: 10 * 60_000,
  refundPlanMs: [5_000, 10_000, 30_000, 60_000],
  refundRetryMs: 10 * 60_000,
  refundWindowsMs: { alipay: 20 * 60_000 },
}

const ENDED: ReadonlySet<Order["state"]> = new Set(["FAILED", "CLOSED", "RETRACTED"])

export function newWorld(seed: number, plant: PlantedFault = (honest) => honest): World {
  const time = virtualTime(START_MS)
  const random = seededRandom(seed)
  const tables = emptyTables()
  const journal: World["journal"] = new Map()
  const refundJournal: World["refundJournal"] = new Map()
  const heldSinceMs: World["heldSinceMs"] = new Map()
  const refusedForNow: World["refusedForNow"] = new Map()
  const tally: World["tally"] = new Map()
  const history: string[] = []
  const violations: string[] = []
  const tell = (what: string) => void history.push(`${(time.monotonicMs() / 1000).toFixed(3)} s  ${what}`)
  const count = (what: string) => void tally.set(what, (tally.get(what) ?? 0) + 1)
  const nameOf = (tradeNo: string) => tables.orders.get(tradeNo)?.outRequestNo ?? tradeNo
  const refundNameOf = (refundId: string) => {
    const refund = tables.refunds.get(refundId)
    return refund ? `${refund.outRefundNo} of ${refund.outRequestNo}` : refundId
  }
  let hear: (change: TableChange) => void = () => {}
  const stores = memoryStores(tables, time, {
    onOrder(after) {
      const writes = journal.get(after.tradeNo) ?? []
      const before = writes.at(-1)
      journal.set(after.tradeNo, [...writes, after])
      tell(
        `order ${after.outRequestNo} is ${after.state}, version ${after.version}, ${after.events.at(-1)?.event}`,
      )
      violations.push(...reservedRightly(before, after))
      for (const held of after.reservations) {
        const key = heldKey(held)
        if (!heldSinceMs.has(key)) heldSinceMs.set(key, time.monotonicMs())
      }
      hear({ order: { before, after } })
    },
    onRefund(after) {
      const writes = refundJournal.get(after.refundId) ?? []
      const before = writes.at(-1)?.refund
      refundJournal.set(after.refundId, [...writes, { refund: after, atMs: time.monotonicMs() }])
      const { state, generation, version, amountFen, events } = after
      tell(
        `refund ${refundNameOf(after.refundId)}, ${amountFen} fen, is ${state}, generation ${generation}, version ${version}, ${events.at(-1)?.event}`,
      )
      violations.push(...toldByTheBooks(world, after), ...refusedForGood(world, after))
      hear({ refund: { before, after } })
    },
  })
  const channelWorld = {
    time,
    random,
    note(channelOrderNo: string, behaviour: string) {
      count(`channel: ${behaviour}`)
      tell(`the channel, for ${nameOf(channelOrderNo.slice(0, -2))}: ${behaviour}`)
    },
    taken(channelOrderNo: string, honestly: boolean) {
      const order = tables.orders.get(channelOrderNo.slice(0, -2))
      if (!honestly || order === undefined || !ENDED.has(order.state)) return
      violations.push(
        `I3: ${order.outRequestNo} was ${order.state} while its channel was about to take the money`,
      )
    },
    refusedForNow(channelRefundNo: string) {
      if (!refusedForNow.has(channelRefundNo)) refusedForNow.set(channelRefundNo, time.monotonicMs())
    },
    returned(line: BookLine) {
      violations.push(...returnedRightly(world, line))
    },
    wrong(channelOrderNo: string, what: string) {
      violations.push(`I1: ${nameOf(channelOrderNo.slice(0, -2))}: ${what}`)
    },
  }
  const channels = {
    wechat: simulatedChannel("wechat", channelWorld, outagesOf(random)),
    alipay: simulatedChannel("alipay", channelWorld, outagesOf(random)),
  }
  const queue = pollQueue()
  const parts = plant(
    {
      orders: stores.orders,
      refunds: stores.refunds,
      codes: stores.codes,
      channels,
      polls: queue.port,
      startUndoing: startUndoing(() => world),
      startRefunding: startRefunding(() => world),
      reverse: reverseOrder,
      recover: recoverOrder,
      recoverRefund,
    },
    { time, random },
  )
  const world: World = {
    seed,
    time,
    random,
    codeKey: CODE_KEY,
    settings: SETTINGS,
    tables,
    stores,
    channels,
    parts,
    lines: () => [...channels.wechat.lines, ...channels.alipay.lines],
    journal,
    refundJournal,
    heldSinceMs,
    refusedForNow,
    answers: [],
    refundAnswers: [],
    reversalsAsked: new Set(),
    onPoll: queue.onPoll,
    onChange: (to) => {
      hear = to
    },
    startProcess: processStarter(() => world),
    nameOf,
    refundNameOf,
    tally,
    count,
    history,
    tell,
    violations,
  }
  return world
}

export function heldKey({ refundId, generation }: Pick<Refund, "refundId" | "generation">): string {
  return `${refundId} ${generation}`
}

/** Mostly none; a while without an answer; or, now and then, silence for ever. */
function outagesOf(random: Seeded): Outage[] {
  const fromMs = random.between(10_000, 120_000)
  if (random.chance(0.06)) return [{ fromMs, untilMs: Number.POSITIVE_INFINITY }]
  if (random.chance(0.7)) return []
  return [{ fromMs, untilMs: fromMs + random.between(5_000, 30 * 60_000) }]
}

function pollQueue(): { port: PollQueue; onPoll: World["onPoll"] } {
  let deliver: Parameters<World["onPoll"]>[0] = () => {}
  return {
    port: {
      async send(channel, message, delayMs) {
        deliver(channel, message, delayMs)
      },
    },
    onPoll(to) {
      deliver = to
    },
  }
}
