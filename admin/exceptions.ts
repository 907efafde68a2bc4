import { DEFAULT_TIME_ZONE } from "../domain/days.ts"
import type { Order } from "../domain/order.ts"
import type { ExceptionKind, OrderException } from "../usecases/ports.ts"
import type { Command } from "./command.ts"
import type { Desk } from "./desk.ts"
import { describeNextSteps, type NextSteps, nextSteps } from "./next-steps.ts"
import { STATE_WORDS, yuan } from "./order-words.ts"
import { inWords, localTime } from "./times.ts"

const KIND_WORDS: Readonly<Record<ExceptionKind, string>> = {
  "not final": "not final",
  surplus: "money found for an order that ended without it",
  "undo refused": "the channel refuses to give it back",
  "refund not final": "a refund is not final",
  "refund refused": "the channel refuses a refund",
}

const SHOWN = 50

/** C7: what needs a person's eye. */
export const exceptions: Command = {
  name: "exceptions",
  words: "",
  summary: "What stands on the exceptions desk, the longest first",
  details: [
    "Everything on it is tried on by itself, but for what a channel refused for certain: that waits for a person, who",
    "takes it off with exceptions settle once it is settled (refunds resend does so by itself).",
  ],
  takes: ["limit", "json"],
  wordCount: { min: 0, max: 0 },
  async run({ limit = SHOWN, json }, desk) {
    const found = await Promise.all((await desk.exceptions.list(limit)).map((it) => look(desk, it)))
    if (json) return { ok: true, lines: [], json: found.map(asJson) }
    if (found.length === 0) return { ok: true, lines: ["The exceptions desk is empty."] }
    const nowMs = desk.clock.nowMs()
    const count = `${found.length} ${found.length === 1 ? "exception" : "exceptions"}`
    const more = found.length === limit ? `; there may be more (--limit)` : ""
    const heading = `${count} on the desk, times in ${DEFAULT_TIME_ZONE}${more}`
    return { ok: true, lines: [heading, ...found.flatMap((it) => describe(it, nowMs))] }
  },
}

type Seen = { exception: OrderException; order?: Order; next?: NextSteps }

async function look(desk: Desk, exception: OrderException): Promise<Seen> {
  const order = await desk.orders.read(exception.tradeNo)
  if (!order) return { exception }
  return {
    exception,
    order,
    next: nextSteps(order, desk.clock.nowMs(), await desk.timeZoneOf(order.merchantId)),
  }
}

function describe({ exception, order, next }: Seen, nowMs: number): string[] {
  const { tradeNo, refundId, kind, sinceMs, tries, lastTried, lastTriedAtMs } = exception
  const ago = (atMs: number) => `${inWords(Math.max(0, nowMs - atMs))} ago`
  return [
    "",
    `${tradeNo}  ${merchantOf({ exception, order })}  ${KIND_WORDS[kind]}`,
    `  since  ${localTime(sinceMs)}, ${ago(sinceMs)}`,
    `  tried  ${tries} ${tries === 1 ? "time" : "times"}, last ${ago(lastTriedAtMs)}: ${lastTried}`,
    ...(refundId === undefined ? [] : [`  refund ${refundId}`]),
    `  order  ${order ? `${order.state} (${STATE_WORDS[order.state]}), ${yuan(order.totalFen)}` : "not found"}`,
    ...(refundId !== undefined ? ["  next   refunds show, refunds resend"] : []),
    ...(next && refundId === undefined ? [`  next   ${describeNextSteps(next)}`] : []),
  ]
}

function asJson(seen: Seen) {
  const { exception, order, next } = seen
  return {
    ...exception,
    merchantId: merchantOf(seen),
    state: order?.state,
    totalFen: order?.totalFen,
    next: { requery: next?.requery.ok ?? false, reverse: next?.reverse.ok ?? false },
  }
}

/** Who puts an order on the desk may know its number only. */
function merchantOf({ exception, order }: Seen): string {
  return order?.merchantId ?? exception.merchantId
}
