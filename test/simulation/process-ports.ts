/** The platform as one process sees it: every call may be its last, may fail, and takes its time. */
import type { ApplyPayPorts } from "../../usecases/apply-pay.ts"
import { channelBreaker } from "../../usecases/channel-breaker.ts"
import type { PollPorts } from "../../usecases/poll-order.ts"
import type { PollRefundPorts } from "../../usecases/poll-refund.ts"
import type {
  ChannelHealthStore,
  Channels,
  ExceptionStore,
  PaymentSettings,
  RecordStore,
  RefundSettings,
  UndoSettings,
} from "../../usecases/ports.ts"
import type { RecoverPorts } from "../../usecases/recover-order.ts"
import type { RefundOrderPorts } from "../../usecases/refund-order.ts"
import type { ReversePorts } from "../../usecases/reverse-order.ts"
import { ensureRunning } from "./named-executions.ts"
import { clockOf, newProcess, type Process, portOf } from "./processes.ts"
import type { World } from "./world.ts"

/** Everything that any of the use cases needs. */
export type PlatformPorts = ApplyPayPorts &
  PollPorts &
  ReversePorts &
  RecoverPorts &
  RefundOrderPorts &
  PollRefundPorts & { records: RecordStore; settings: PaymentSettings & UndoSettings & RefundSettings }

export function processStarter(world: () => World): World["startProcess"] {
  let ids = 0
  const nextId = () => `T${String(ids++).padStart(25, "0")}`
  return (kind, about) => {
    const { count, tally, random } = world()
    count(`process: ${kind}`)
    const process = newProcess(`${kind} ${tally.get(`process: ${kind}`)} (${about})`, random)
    return { process, ports: portsOf(world(), process, nextId) }
  }
}

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
    refunds: port("refunds", parts.refunds),
    codes: port("codes", parts.codes),
    payers: port("payers", stores.payers),
    merchants: port("merchants", stores.merchants),
    records: port("records", stores.records),
    wrongCodes: port("wrongCodes", stores.wrongCodes),
    exceptions: port("exceptions", toldExceptions(world)),
    channels,
    polls: port("polls", parts.polls),
    breaker: channelBreaker(port("health", manyTills(stores.health))),
    undoings: port("undoings", { ensure: (tradeNo) => ensureRunning(parts.startUndoing, tradeNo) }),
    refundings: port("refundings", { ensure: (refundId) => ensureRunning(parts.startRefunding, refundId) }),
    queryPlanMs: (channel) => channels[channel]?.capabilities.queryPlanMs,
    settings,
    answerWithinMs: settings.answerWithinMs,
  }
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
    resolve(tradeNo, kind, nowMs, refundId) {
      tell(`${nameOf(tradeNo)} is taken off the desk: ${kind}`)
      return stores.exceptions.resolve(tradeNo, kind, nowMs, refundId)
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
