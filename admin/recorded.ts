import type { AuditLog, Clock } from "../usecases/ports.ts"

export type Action = { action: "requery" | "reverse"; subject: string; operator: string; reason: string }

/**
 * Does what a person asked for, with the audit log written before and after: what cannot be recorded is not done. `outcomeOf`
 * puts what came of it in words. Faults are recorded by name only and go on.
 */
export async function recorded<T>(
  { audit, clock }: { audit: AuditLog; clock: Clock },
  { action, subject, operator, reason }: Action,
  act: () => Promise<T>,
  outcomeOf: (result: T) => string,
): Promise<T> {
  const write = (what: string, detail: string) =>
    audit.write({ atMs: clock.nowMs(), operator, action: what, subject, detail })
  await write(action, reason)
  let result: T
  try {
    result = await act()
  } catch (fault) {
    const name = fault instanceof Error ? fault.name : "fault"
    await Promise.allSettled([write(`${action} outcome`, `failed: ${name}`)])
    throw fault
  }
  await write(`${action} outcome`, outcomeOf(result))
  return result
}

/** Who asks and why. The options of every command that changes something demand both. */
export function whoAndWhy({ operator, reason }: { operator?: string; reason?: string }) {
  if (operator === undefined || reason === undefined) throw new Error("operator and reason were not checked")
  return { operator, reason }
}
