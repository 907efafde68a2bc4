import type { FunctionName } from "./function-table.ts"
import { FUNCTION_NAMES, rowOf } from "./function-table.ts"

/**
 * Functions by who notices first when they fail: whoever pays or is paid, whoever waits for an outcome or for money to go
 * back, whoever looks at the app, or nobody.
 */
export type FunctionGroup = "paying" | "asking" | "app" | "workers"

/** The customer's code, the cashier's scan, the keys that answers are verified with. */
const PAYING: readonly FunctionName[] = ["applypay", "queryuid", "code", "keys"]

export function functionsIn(group: FunctionGroup): readonly FunctionName[] {
  return FUNCTION_NAMES.filter((name) => groupOf(name) === group)
}

function groupOf(name: FunctionName): FunctionGroup {
  if (PAYING.includes(name)) return "paying"
  const { trigger } = rowOf(name)
  if ("routes" in trigger)
    return trigger.routes.some((route) => route.includes("/v1/app/")) ? "app" : "asking"
  const outcomes = ("queues" in trigger && trigger.queues === "polls") || "taskOf" in trigger
  return outcomes ? "asking" : "workers"
}
