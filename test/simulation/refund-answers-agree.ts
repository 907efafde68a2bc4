/** I6 for refunds: a till is told what stands or stood in the store, of its own content, and never the contrary later. */
import type { Refund } from "../../domain/refund.ts"
import { refundIdOf } from "../../domain/refund-number.ts"
import type { RefundAnswer, World } from "./world.ts"

export function refundAnswersAgree(world: World): string[] {
  return [
    ...world.refundAnswers.flatMap((answer) =>
      answer.refund ? toldRightly(world, answer, answer.refund) : refusedRightly(world, answer),
    ),
    ...contradictions(world),
  ]
}

type Write = { refund: Refund; atMs: number }

function writesOf({ refundJournal }: World, { merchantId, outRefundNo }: RefundAnswer): readonly Write[] {
  return refundJournal.get(refundIdOf(merchantId, outRefundNo)) ?? []
}

function isOfContent({ wanted }: RefundAnswer, refund: Refund): boolean {
  return !wanted || (wanted.tradeNo === refund.tradeNo && wanted.amountFen === refund.amountFen)
}

function toldRightly(world: World, answer: RefundAnswer, refund: Refund): string[] {
  const name = world.refundNameOf(refund.refundId)
  const wrong: string[] = []
  if (refund.merchantId !== answer.merchantId)
    wrong.push(`I10: ${answer.merchantId} was told about another's ${name}`)
  if (!isOfContent(answer, refund)) wrong.push(`I6: ${name} was answered with another content's refund`)
  if (refund.state === "RETRACTED") wrong.push(`I6: ${name} was answered with a refund that was given up`)
  const written = writesOf(world, answer).find((it) => it.refund.version === refund.version)
  if (written?.refund.state !== refund.state)
    wrong.push(`I6: ${name} was told ${refund.state} at version ${refund.version}, which was never written`)
  return wrong
}

/** What stood there with that content from before the call until its answer is not refused, and is found. */
function refusedRightly(world: World, answer: RefundAnswer): string[] {
  const { refusal, askedAtMs, toldAtMs, outRefundNo } = answer
  if (refusal === "SYSTEM_ERROR") return []
  const writes = writesOf(world, answer)
  const name = world.refundNameOf(refundIdOf(answer.merchantId, outRefundNo))
  if (refusal === "REFUND_NO_REUSED") {
    const others = writes.some(({ refund }) => !isOfContent(answer, refund))
    return others ? [] : [`I6: ${name} was refused as used with other content, which it never was`]
  }
  const stood = writes.findLast((it) => it.atMs <= askedAtMs)
  const meanwhile = writes.filter((it) => it.atMs > askedAtMs && it.atMs <= toldAtMs)
  const all = stood ? [stood, ...meanwhile] : []
  const throughout = all.length > 0 && all.every(({ refund }) => refund.state !== "RETRACTED")
  if (!throughout || !all.every(({ refund }) => isOfContent(answer, refund))) return []
  return [`I6: ${name} was answered ${refusal}, though it stood there`]
}

/** A refund that somebody was told of and that its owner then gave up before any channel was asked. */
function wasWithdrawn(world: World, answer: RefundAnswer): boolean {
  const toldVersion = answer.refund?.version ?? 0
  return writesOf(world, answer).some(
    ({ refund }) => refund.version > toldVersion && refund.state === "RETRACTED",
  )
}

function contradictions(world: World): string[] {
  const told = world.refundAnswers.filter((it) => it.refund && !wasWithdrawn(world, it))
  return told.flatMap((first) =>
    told
      .filter((it) => it.refund?.refundId === first.refund?.refundId && it.askedAtMs >= first.toldAtMs)
      .flatMap((later) => disagreement(world, first.refund, later.refund)),
  )
}

function disagreement(world: World, first: Refund | undefined, later: Refund | undefined): string[] {
  if (!first || !later) return []
  const name = world.refundNameOf(first.refundId)
  if (later.version < first.version) return [`I6: ${name} went back to version ${later.version}`]
  const again = first.state === "FAILED" && later.generation > first.generation
  if (first.state !== "PROCESSING" && first.state !== later.state && !again)
    return [`I6: ${name} was told ${first.state} and then ${later.state}`]
  return []
}
