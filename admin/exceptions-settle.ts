import type { ExceptionKind, OrderException } from "../usecases/ports.ts"
import { type Asked, askFirst } from "./ask-first.ts"
import type { Command } from "./command.ts"
import type { Desk } from "./desk.ts"
import { findNamedOrder } from "./find-order.ts"
import { findNamedRefund } from "./find-refund.ts"
import { recorded, whoAndWhy } from "./recorded.ts"
import { inWords } from "./times.ts"
import { UsageError } from "./usage-error.ts"

/** Those that wait for a person; everything else the platform settles itself. */
const KINDS = ["undo refused", "refund refused"] as const satisfies readonly ExceptionKind[]
type Kind = (typeof KINDS)[number]

/** The whole desk: an outage puts thousands on it. */
const ALL = 100_000

/** C7, H7: what a person has seen to outside the platform. */
export const exceptionsSettle: Command = {
  name: "exceptions settle",
  words: `NUMBER ${KINDS.map((it) => `"${it}"`).join(" | ")}`,
  summary: "Takes what a person has settled with the channel or the merchant off the desk",
  details: [
    "NUMBER is the order's, of a refund the refund's own; or say the merchant and the merchant's own number.",
    "It moves no money and changes neither order nor refund: say in --reason how it was settled. Should the platform",
    "meet the refusal again, it stands on the desk again.",
  ],
  takes: ["operator", "reason", "yes", "json"],
  wordCount: { min: 2, max: 4 },
  async run(request, desk, terminal) {
    const { words, kind } = wordsAndKind(request.words)
    const found = await findException(desk, words, kind)
    if (!found) return { ok: false, why: `no "${kind}" of ${words.join(" ")} stands on the desk` }
    const declined = await askFirst(asked(found, desk), request, terminal)
    if (declined) return declined
    const { tradeNo, refundId } = found
    const subject = refundId ?? tradeNo
    const action = { action: "exceptions settle", subject, what: kind, ...whoAndWhy(request) }
    const settle = () => desk.exceptions.resolve(tradeNo, kind, desk.clock.nowMs(), refundId)
    await recorded(desk, action, settle, () => "done")
    return {
      ok: true,
      lines: [`"${kind}" of ${subject} is off the desk.`],
      json: { tradeNo, refundId, kind },
    }
  },
}

/** The kind stands last, as one word or as two. */
function wordsAndKind(given: readonly string[]): { words: string[]; kind: Kind } {
  for (const length of [1, 2]) {
    const said = given.slice(-length).join(" ")
    const kind = KINDS.find((it) => it === said)
    const words = given.slice(0, -length)
    if (kind && words.length > 0 && words.length <= 2) return { words, kind }
  }
  throw new UsageError(`write: exceptions settle ${exceptionsSettle.words}`)
}

async function findException(desk: Desk, words: string[], kind: Kind): Promise<OrderException | undefined> {
  const refund = kind === "refund refused" ? await findNamedRefund(desk.refunds, words) : undefined
  const order = kind === "undo refused" ? await findNamedOrder(desk.orders, words) : undefined
  const standing = (await desk.exceptions.list(ALL)).filter((it) => it.kind === kind)
  return standing.find((it) => (refund ? it.refundId === refund.refundId : it.tradeNo === order?.tradeNo))
}

function asked(
  { tradeNo, refundId, merchantId, kind, sinceMs, lastTried }: OrderException,
  desk: Desk,
): Asked {
  return {
    about: [
      `stage    ${desk.stage}`,
      `order    ${tradeNo}, of ${merchantId}`,
      ...(refundId === undefined ? [] : [`refund   ${refundId}`]),
      `refused  ${inWords(Math.max(0, desk.clock.nowMs() - sinceMs))} ago, the channel says ${lastTried}`,
    ],
    question: `Nothing more is done about this "${kind}", and nobody is reminded of it. Take it off the desk?`,
  }
}
