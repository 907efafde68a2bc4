import type { ClockTimers } from "./clock-timers.ts"
import type { InvocationOutcome } from "./function-pool.ts"

export type AsyncInvocationSurroundings = {
  timers: ClockTimers
  invoke(functionName: string, event: string): Promise<InvocationOutcome>
  /** Keeps an event that no try could deliver. */
  giveUp(functionName: string, event: string, lastOutcome: InvocationOutcome): Promise<void>
  /** Told what is given up, and why. */
  warn(text: string): void
  /** Divides the pauses between tries. */
  speed: number
}

/** Hands over an event that nobody waits for. */
export type InvokeAsync = (functionName: string, event: string) => void

const PAUSES_MS = [60_000, 120_000]

/**
 * Lambda's asynchronous invocation, by which rules and schedules call functions: a failed one is tried again after a minute,
 * then after two. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 * What waits between tries lives in memory and ends with the platform.
 */
export function asyncInvocations(around: AsyncInvocationSurroundings): InvokeAsync {
  const { timers, invoke, giveUp, warn, speed } = around

  async function attempt(functionName: string, event: string, retries: number): Promise<void> {
    const outcome = await invoke(functionName, event)
    if (outcome.kind === "answered" || outcome.why === "closed") return
    const pauseMs = PAUSES_MS[retries]
    if (pauseMs === undefined) {
      warn(`${functionName}: an event is given up after ${retries + 1} tries: ${outcome.errorMessage}`)
      await giveUp(functionName, event, outcome)
      return
    }
    timers.after(pauseMs / speed, () => start(functionName, event, retries + 1))
  }

  function start(functionName: string, event: string, retries: number): void {
    attempt(functionName, event, retries).catch((fault) => warn(`${functionName}: ${fault}`))
  }

  return (functionName, event) => start(functionName, event, 0)
}
