import type { InvocationOutcome } from "./function-pool.ts"

/**
 * Which items of a batch a function did not get done: "all", or those it named. As Lambda reads it, nothing named is
 * success, and a name that is none of the batch's fails the batch:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function failedItems(
  outcome: InvocationOutcome,
  batch: { items: readonly string[]; reportItemFailures: boolean },
): "all" | ReadonlySet<string> {
  if (outcome.kind === "failed") return "all"
  if (!batch.reportItemFailures) return new Set()
  const answer = JSON.parse(outcome.payload) as {
    batchItemFailures?: { itemIdentifier?: unknown }[] | null
  } | null
  const named = (answer?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier)
  const known = named.filter((name): name is string => typeof name === "string" && batch.items.includes(name))
  return known.length === named.length ? new Set(known) : "all"
}
