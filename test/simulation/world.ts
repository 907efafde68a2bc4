/** One simulated platform: stores, channels, queue and processes, all moved by one seed. */
import type { ChannelId } from "../../domain/channel.ts"
import type { Order, PayRequest } from "../../domain/order.ts"
import { DEFAULT_CODE_KINDS, DEFAULT_OWN_PREFIX } from "../../domain/payment-code.ts"
import type { ApplyPayPorts, ApplyPayResult } from "../../usecases/apply-pay.ts"
import type {
  Channels,
  CodeStore,
  OrderStore,
  PaymentSettings,
  PollMessage,
  PollQueue,
} from "../../usecases/ports.ts"
import { emptyTables, type MemoryTables, memoryStores, type Stores } from "./memory-stores.ts"
import { clockOf, newProcess, type Process, portOf } from "./processes.ts"
import { type Seeded, seededRandom } from "./seeded-random.ts"
import { type BookLine, type SimulatedChannel, simulatedChannel } from "./simulated-channel.ts"
import { type VirtualTime, virtualTime } from "./virtual-time.ts"

/** What a planted fault may break: it gets the honest parts and gives others. */
export type BreakableParts = { orders: OrderStore; codes: CodeStore; channels: Channels; polls: PollQueue }
export type PlantedFault = (honest: BreakableParts) => BreakableParts

/** What a till was told, and when it had asked. */
export type Answer = { request: PayRequest; askedAtMs: number; toldAtMs: number; result: ApplyPayResult }

export type World = {
  seed: number
  time: VirtualTime
  random: Seeded
  codeKey: Buffer
  settings: PaymentSettings
  tables: MemoryTables
  stores: Stores
  channels: Record<"wechat" | "alipay", SimulatedChannel>
  books(): BookLine[]
  /** Every write of each order, in order. */
  journal: Map<string, Order[]>
  /** Which process a lease holder is. */
  holders: Map<string, Process>
  answers: Answer[]
  /** Orders whose plan of questions came to its end. */
  plansUsedUp: Set<string>
  /** Sent and not yet delivered; the run delivers them. */
  onPoll(deliver: (channel: ChannelId, message: PollMessage, delayMs: number) => void): void
  startProcess(kind: string): { process: Process; ports: ApplyPayPorts }
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
const SETTINGS: PaymentSettings = {
  codeKinds: DEFAULT_CODE_KINDS,
  ownCodePrefix: DEFAULT_OWN_PREFIX,
  wrongCodes: { limit: 4, windowMs: 5 * 60_000 },
  channelTimeoutMs: 7_000,
  answerWithinMs: 9_000,
}

export function newWorld(seed: number, plant: PlantedFault = (honest) => honest): World {
  const time = virtualTime(START_MS)
  const random = seededRandom(seed)
  const tables = emptyTables()
  const journal: World["journal"] = new Map()
  const tally: World["tally"] = new Map()
  const history: string[] = []
  const tell = (what: string) => void history.push(`${(time.monotonicMs() / 1000).toFixed(3)} s  ${what}`)
  const count = (what: string) => void tally.set(what, (tally.get(what) ?? 0) + 1)
  const stores = memoryStores(tables, time, (order) => {
    journal.set(order.tradeNo, [...(journal.get(order.tradeNo) ?? []), order])
    tell(`order ${order.outRequestNo} is ${order.state}, version ${order.version}, ${order.totalFen} fen`)
  })
  const channelWorld = {
    time,
    random,
    note(channelOrderNo: string, behaviour: string) {
      count(`channel: ${behaviour}`)
      const order = tables.orders.get(channelOrderNo.slice(0, -2))
      tell(`the channel is asked for the money of ${order?.outRequestNo} and does this: ${behaviour}`)
    },
  }
  const channels = {
    wechat: simulatedChannel("wechat", channelWorld),
    alipay: simulatedChannel("alipay", channelWorld),
  }
  const queue = pollQueue()
  const parts = plant({ orders: stores.orders, codes: stores.codes, channels, polls: queue.port })
  const world: World = {
    seed,
    time,
    random,
    codeKey: CODE_KEY,
    settings: SETTINGS,
    tables,
    stores,
    channels,
    books: () => [...channels.wechat.books, ...channels.alipay.books],
    journal,
    holders: new Map(),
    answers: [],
    plansUsedUp: new Set(),
    onPoll: queue.onPoll,
    startProcess: (kind) => startProcess(world, parts, kind),
    tally,
    count,
    history,
    tell,
    violations: [],
  }
  return world
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

function startProcess(
  world: World,
  parts: BreakableParts,
  kind: string,
): { process: Process; ports: ApplyPayPorts } {
  const { time, random, stores } = world
  world.count(`process: ${kind}`)
  const process = newProcess(`${kind} ${world.tally.get(`process: ${kind}`)}`, random)
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
  const ports: ApplyPayPorts = {
    clock: clockOf(network, process),
    random: {
      digits: (digits) => random.digits(digits),
      id() {
        const id = `T${String(world.holders.size).padStart(25, "0")}`
        world.holders.set(id, process)
        return id
      },
    },
    codeKey: world.codeKey,
    orders: port("orders", parts.orders),
    codes: port("codes", parts.codes),
    payers: port("payers", stores.payers),
    merchants: port("merchants", stores.merchants),
    wrongCodes: port("wrongCodes", stores.wrongCodes),
    channels,
    polls: port("polls", parts.polls),
    settings: world.settings,
  }
  return { process, ports }
}
