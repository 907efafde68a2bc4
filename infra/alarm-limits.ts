import * as z from "zod"

/** Where alarms go off, as far as a deployment may set it; each replaces its default. */
export const AlarmLimits = z.strictObject({
  /** Payments that ended in SYSTEM_ERROR within five minutes. */
  systemErrors: z.int().min(1).optional(),
  /** Answers of the gateway's own making within five minutes. */
  unsignedAnswers: z.int().min(1).optional(),
  /** Calls of a group of functions that failed within five minutes. */
  failedCalls: z.int().min(1).optional(),
  /** What the slowest twentieth of payments takes. */
  paymentSeconds: z.number().positive().optional(),
  /** Payments of a channel that were first unknown, and how many there must have been in five minutes to tell. */
  unknownPercent: z.number().positive().max(100).optional(),
  unknownOutOf: z.int().min(1).optional(),
  /** What the slowest hundredth of a channel's payments takes until nobody has to ask any more. */
  certaintySeconds: z.number().positive().optional(),
  /** Calls to a channel that met silence within five minutes. */
  silentCalls: z.int().min(1).optional(),
  /** How long something may stand on the exceptions desk. */
  exceptionMinutes: z.number().positive().optional(),
  /** Signatures of merchants' calls that were refused within five minutes. */
  refusedSignatures: z.int().min(1).optional(),
  /** How far a consumer of the stream may be behind. */
  streamSeconds: z.number().positive().optional(),
})

export type AlarmLimits = z.infer<typeof AlarmLimits>

/** For some hundred payments a minute: one that is lost in a thousand is worth waking nobody, a cluster is. */
export const DEFAULT_ALARM_LIMITS: Required<AlarmLimits> = {
  systemErrors: 5,
  unsignedAnswers: 5,
  failedCalls: 5,
  paymentSeconds: 6,
  unknownPercent: 10,
  unknownOutOf: 20,
  certaintySeconds: 180,
  silentCalls: 10,
  exceptionMinutes: 15,
  refusedSignatures: 100,
  streamSeconds: 300,
}
