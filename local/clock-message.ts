/** How the platform tells its clock to the processes it starts: by variable at their start, by message later. */
export const CLOCK_OFFSET_VARIABLE = "LOCAL_CLOCK_OFFSET_MS"

/** Ahead of the machine's clock by so much. The process sends the same back once it follows. */
export type ClockMessage = { clockOffsetMs: number }

/** The same with each invocation, so that a call made after a move meets the new time. */
export const CLOCK_OFFSET_HEADER = "local-clock-offset-ms"
