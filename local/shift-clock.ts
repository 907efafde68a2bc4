/**
 * Makes the clock of this process follow the platform's: loaded first (`node --import`, or imported), it replaces what
 * Date tells. The offset comes by variable at the start and by message later. Timers and monotonic time are
 * left alone: a wait in progress lasts as long as it lasts.
 */
import { CLOCK_OFFSET_VARIABLE, type ClockMessage } from "./clock-message.ts"

const machineNow = Date.now
let offsetMs = Number(process.env[CLOCK_OFFSET_VARIABLE] ?? 0)

/** From now on the process is this much ahead of the machine. */
export function shiftClock(toOffsetMs: number): void {
  offsetMs = toOffsetMs
}

const shiftedNow = () => machineNow() + offsetMs

const ShiftedDate = new Proxy(Date, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [shiftedNow()] : given, newTarget),
  apply: (target) => new target(shiftedNow()).toString(),
})
Date.now = shiftedNow
Date.prototype.constructor = ShiftedDate
globalThis.Date = ShiftedDate

// The echo tells the parent that what it does next already meets the new time.
process.on("message", (message) => {
  const told = (message as Partial<ClockMessage> | null)?.clockOffsetMs
  if (told === undefined) return
  shiftClock(told)
  process.send?.({ clockOffsetMs: told } satisfies ClockMessage)
})
