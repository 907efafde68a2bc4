import type { AuditLog, Clock } from "../usecases/ports.ts"

export type Action = {
  /** The command's name. */
  action: string
  subject: string
  operator: string
  reason: string
  /** What of the subject changes, where the action does not say so. Never a secret, never personal data. */
  what?: string
}

/**
 * Does what a person asked for, with the audit log written before and after: what cannot be recorded is not done. `outcomeOf`
 * puts what came of it in words. Faults are recorded by name only and go on.
 */
export async function recorded<T>(
  { audit, clock }: { audit: AuditLog; clock: Clock },
  { action, subject, operator, reason, what }: Action,
  act: () => Promise<T>,
  outcomeOf: (result: T) => string,
): Promise<T> {
  const write = (step: string, detail: string) =>
    audit.write({ atMs: clock.nowMs(), operator, action: step, subject, detail })
  await write(action, what === undefined ? reason : `${what}: ${reason}`)
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
