/** One simulated platform: stores, channels, queue, stream, workflow and processes, all moved by one seed. */
import type { ChannelId } from "../../domain/channel.ts"
import type { Order } from "../../domain/order.ts"
import { DEFAULT_CODE_KINDS, DEFAULT_OWN_PREFIX } from "../../domain/payment-code.ts"
import type { ApplyPayPorts } from "../../usecases/apply-pay.ts"
import { channelBreaker } from "../../usecases/channel-breaker.ts"
import type { OrderChange } from "../../usecases/consumption-records.ts"
import type { PollPorts } from "../../usecases/poll-order.ts"
import type {
  ChannelHealthStore,
  Channels,
  CodeStore,
  ExceptionStore,
  OrderStore,
  PaymentSettings,
  PollMessage,
  PollQueue,
  RecordStore,
  UndoSettings,
} from "../../usecases/ports.ts"
import { type RecoverPorts, recoverOrder } from "../../usecases/recover-order.ts"
import type { ReversePorts } from "../../usecases/reverse-order.ts"
import type { BookLine, Outage } from "./channel-books.ts"
import { emptyTables, type MemoryTables, memoryStores, type Stores } from "./memory-stores.ts"
import { clockOf, newProcess, type Process, portOf } from "./processes.ts"
import { type Seeded, seededRandom } from "./seeded-random.ts"
import { type SimulatedChannel, simulatedChannel } from "./simulated-channel.ts"
import { type StartUndoing, startUndoing, undoingsBy } from "./undo-workflow.ts"
import { type VirtualTime, virtualTime } from "./virtual-time.ts"

/** What a planted fault may break: it gets the honest parts and gives others. */
export type BreakableParts = {
  orders: OrderStore
  codes: CodeStore
  channels: Channels
  polls: PollQueue
  startUndoing: StartUndoing
  recover: (ports: RecoverPorts, change: OrderChange) => Promise<void>
}
export type PlantedFault = (
  honest: BreakableParts,
  around: { time: VirtualTime; random: Seeded },
) => BreakableParts

/** Everything that any of the use cases needs, as one process sees it. */
export type PlatformPorts = ApplyPayPorts &
  PollPorts &
  ReversePorts &
  RecoverPorts & { records: RecordStore; settings: PaymentSettings & UndoSettings }

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

export type World = {
  seed: number
  time: VirtualTime
  random: Seeded
  codeKey: Buffer
  settings: PaymentSettings & UndoSettings
  tables: MemoryTables
  stores: Stores
  channels: Record<"wechat" | "alipay", SimulatedChannel>
  parts: BreakableParts
  lines(): BookLine[]
  /** Every write of each order, in order. */
  journal: Map<string, Order[]>
  answers: Answer[]
  /** Orders that a merchant asked to undo. */
  reversalsAsked: Set<string>
  /** Sent and not yet delivered; the run delivers them. */
  onPoll(deliver: (channel: ChannelId, message: PollMessage, delayMs: number) => void): void
  /** Each change of an order, as the stream of its table tells it. */
  onChange(hear: (change: OrderChange) => void): void
  startProcess(kind: string, about: string): { process: Process; ports: PlatformPorts }
  /** The merchant's number of an order, for the story. */
  nameOf(tradeNo: string): string
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
const SETTINGS: PaymentSettings & UndoSettings = {
  codeKinds: DEFAULT_CODE_KINDS,
  ownCodePrefix: DEFAULT_OWN_PREFIX,
  wrongCodes: { limit: 4, windowMs: 5 * 60_000 },
  channelTimeoutMs: 7_000,
  answerWithinMs: 9_000,
  lateChargeMs: 60_000,
  visibleAfterMs: 10 * 60_000,
  retryPlanMs: [2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000],
  lateAskMs: 10 * 60_000,
}

const ENDED: ReadonlySet<Order["state"]> = new Set(["FAILED", "CLOSED", "RETRACTED"])

export function newWorld(seed: number, plant: PlantedFault = (honest) => honest): World {
  const time = virtualTime(START_MS)
  const random = seededRandom(seed)
  const tables = emptyTables()
  const journal: World["journal"] = new Map()
  const tally: World["tally"] = new Map()
  const history: string[] = []
  const violations: string[] = []
  const tell = (what: string) => void history.push(`${(time.monotonicMs() / 1000).toFixed(3)} s  ${what}`)
  const count = (what: string) => void tally.set(what, (tally.get(what) ?? 0) + 1)
  const nameOf = (tradeNo: string) => tables.orders.get(tradeNo)?.outRequestNo ?? tradeNo
  let hear: (change: OrderChange) => void = () => {}
  const stores = memoryStores(tables, time, (after) => {
    const writes = journal.get(after.tradeNo) ?? []
    const before = writes.at(-1)
    journal.set(after.tradeNo, [...writes, after])
    tell(
      `order ${after.outRequestNo} is ${after.state}, version ${after.version}, ${after.events.at(-1)?.event}`,
    )
    hear({ before, after })
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
      codes: stores.codes,
      channels,
      polls: queue.port,
      startUndoing: startUndoing(() => world),
      recover: recoverOrder,
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
    answers: [],
    reversalsAsked: new Set(),
    onPoll: queue.onPoll,
    onChange: (to) => {
      hear = to
    },
    startProcess: processStarter(() => world),
    nameOf,
    tally,
    count,
    history,
    tell,
    violations,
  }
  return world
}

/** The exceptions desk, whose comings and goings belong in the story. */
function toldExceptions({ stores, nameOf, tell, count }: World): ExceptionStore {
  return {
    ...stores.exceptions,
    note(noted, nowMs) {
      count(`desk: ${noted.kind}`)
      tell(`${nameOf(noted.tradeNo)} is put on the desk: ${noted.kind}, ${noted.lastTried}`)
      return stores.exceptions.note(noted, nowMs)
    },
    resolve(tradeNo, kind, nowMs) {
      tell(`${nameOf(tradeNo)} is taken off the desk: ${kind}`)
      return stores.exceptions.resolve(tradeNo, kind, nowMs)
    },
  }
}

/** A run has few tills, a platform has many: what one of them sees stands for ten that see the same. */
function manyTills(health: ChannelHealthStore): ChannelHealthStore {
  return {
    report: (account, windowStartMs, { calls, unanswered }) =>
      health.report(account, windowStartMs, { calls: calls * 10, unanswered: unanswered * 10 }),
  }
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

function processStarter(world: () => World): World["startProcess"] {
  let ids = 0
  const nextId = () => `T${String(ids++).padStart(25, "0")}`
  return (kind, about) => {
    const { count, tally, random } = world()
    count(`process: ${kind}`)
    const process = newProcess(`${kind} ${tally.get(`process: ${kind}`)} (${about})`, random)
    return { process, ports: portsOf(world(), process, nextId) }
  }
}

/** The platform as this process sees it: every call may be its last, may fail, and takes its time. */
function portsOf(world: World, process: Process, id: () => string): PlatformPorts {
  const { time, random, stores, parts, settings } = world
  const network = {
    time,
    random,
    onCrash(_: Process, point: string, when: string) {
      world.count(`crash ${when} ${point}`)
      world.tell(`${process.name} dies ${when} ${point}`)
    },
  }
  const port = <T extends object>(name: string, honest: T) => portOf(network, process, name, honest)
  const channels: Channels = {}
  for (const channel of [parts.channels.wechat, parts.channels.alipay]) {
    if (channel) channels[channel.id] = port("channels", channel)
  }
  return {
    clock: clockOf(network, process),
    random: { digits: (digits) => random.digits(digits), id },
    codeKey: world.codeKey,
    orders: port("orders", parts.orders),
    codes: port("codes", parts.codes),
    payers: port("payers", stores.payers),
    merchants: port("merchants", stores.merchants),
    records: port("records", stores.records),
    wrongCodes: port("wrongCodes", stores.wrongCodes),
    exceptions: port("exceptions", toldExceptions(world)),
    channels,
    polls: port("polls", parts.polls),
    breaker: channelBreaker(port("health", manyTills(stores.health))),
    undoings: port("undoings", undoingsBy(parts.startUndoing)),
    queryPlanMs: (channel) => channels[channel]?.capabilities.queryPlanMs,
    settings,
    answerWithinMs: settings.answerWithinMs,
  }
}
