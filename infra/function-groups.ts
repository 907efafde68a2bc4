import type { FunctionName } from "./function-table.ts"
import { FUNCTION_NAMES, rowOf } from "./function-table.ts"

/**
 * Functions by who notices first when they fail: whoever pays or is paid, whoever waits for an outcome or for money to go
 * back, whoever looks at the app, whoever keeps a merchant's books, or nobody.
 */
export const FUNCTION_GROUPS = ["paying", "asking", "app", "bills", "workers"] as const
export type FunctionGroup = (typeof FUNCTION_GROUPS)[number]

/** The customer's code, the cashier's scan, the keys that answers are verified with. */
const PAYING: readonly FunctionName[] = ["applypay", "queryuid", "code", "keys"]

/** Yesterday's bills, and what makes them. */
const BILLS: readonly FunctionName[] = ["bill", "billdownload", "billproof", "bills", "makebills"]

export function functionsIn(group: FunctionGroup): readonly FunctionName[] {
  return FUNCTION_NAMES.filter((name) => groupOf(name) === group)
}

function groupOf(name: FunctionName): FunctionGroup {
  if (PAYING.includes(name)) return "paying"
  if (BILLS.includes(name)) return "bills"
  const { trigger } = rowOf(name)
  if ("routes" in trigger)
    return trigger.routes.some((route) => route.includes("/v1/app/")) ? "app" : "asking"
  const outcomes = ("queues" in trigger && trigger.queues === "polls") || "taskOf" in trigger
  return outcomes ? "asking" : "workers"
}
