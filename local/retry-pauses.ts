import type { Retrier } from "./workflow-definition.ts"

export type RetryPauses = {
  /** How long to wait, in milliseconds, before the state is tried again; undefined: it is not tried again. */
  after(errorName: string): number | undefined
}

const DEFAULTS = { IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2 }

/**
 * The pauses of a state's Retry field, from when it is entered until it is left: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 * Jitter spreads the load of many; on one machine the full pause is waited.
 */
export function retryPauses(retriers: readonly Retrier[] = []): RetryPauses {
  const attempts = retriers.map(() => 0)
  return {
    after(errorName) {
      const index = retriers.findIndex(({ ErrorEquals }) =>
        ErrorEquals.some((each) => covers(each, errorName)),
      )
      const { MaxDelaySeconds, ...given } = retriers[index] ?? { MaxAttempts: 0 }
      const { IntervalSeconds, MaxAttempts, BackoffRate } = { ...DEFAULTS, ...given }
      const attempt = attempts[index] ?? 0
      if (attempt >= MaxAttempts) return undefined
      attempts[index] = attempt + 1
      return Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds ?? Infinity) * 1000
    },
  }
}

function covers(retried: string, errorName: string): boolean {
  if (retried === "States.TaskFailed") return errorName !== "States.Timeout"
  return retried === "States.ALL" || retried === errorName
}
