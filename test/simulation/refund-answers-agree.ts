/** I6 for refunds: a till is told what stands or stood in the store, of its own content, and never the contrary later. */
import { isFreshClaim, type Refund } from "../../domain/refund.ts"
import { refundIdOf } from "../../domain/refund-number.ts"
import { heldKey, type RefundAnswer, type World } from "./world.ts"

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
  if (written && mayBeGivenUp(world, written.refund, answer.toldAtMs))
    wrong.push(`I6: ${name} was told of before its amount was held`)
  return wrong
}

/** Claimed, and its amount not held by then. */
function mayBeGivenUp({ heldSinceMs }: World, refund: Refund, atMs: number): boolean {
  return isFreshClaim(refund) && (heldSinceMs.get(heldKey(refund)) ?? Number.POSITIVE_INFINITY) > atMs
}

/** What stood there with that content from before the call until its answer is not refused; held by then it is found, too. */
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
  const hidden = stood && mayBeGivenUp(world, stood.refund, askedAtMs)
  if (hidden && answer.call === "refundquery") return []
  const meanwhile = writes.filter((it) => it.atMs > askedAtMs && it.atMs <= toldAtMs)
  const all = stood ? [stood, ...meanwhile] : []
  const throughout = all.length > 0 && all.every(({ refund }) => refund.state !== "RETRACTED")
  if (!throughout || !all.every(({ refund }) => isOfContent(answer, refund))) return []
  return [`I6: ${name} was answered ${refusal}, though it stood there`]
}

function contradictions(world: World): string[] {
  const answers = world.refundAnswers.map((it) => ({
    ...it,
    refundId: refundIdOf(it.merchantId, it.outRefundNo),
  }))
  return answers.flatMap((first) => {
    const { refund } = first
    if (!refund) return []
    return answers
      .filter((it) => it.refundId === first.refundId && it.askedAtMs >= first.toldAtMs)
      .flatMap((later) => disagreement(world, refund, later))
  })
}

/** Who was told of a refund is never told later that there is none, or that it was refused before it was sent. */
function disagreement(world: World, first: Refund, answer: RefundAnswer): string[] {
  const name = world.refundNameOf(first.refundId)
  const { refund: later, refusal } = answer
  if (!later) {
    if (refusal === "SYSTEM_ERROR" || !isOfContent(answer, first)) return []
    return [`I6: ${name} was told ${first.state} and then ${refusal}`]
  }
  if (later.version < first.version) return [`I6: ${name} went back to version ${later.version}`]
  const again = first.state === "FAILED" && later.generation > first.generation
  if (first.state !== "PROCESSING" && first.state !== later.state && !again)
    return [`I6: ${name} was told ${first.state} and then ${later.state}`]
  return []
}
