/**
 * Every state a refund can be in and every way between them: the one table that changes states. The diagram in
 * docs/refund-states.md is made from it.
 */
export const REFUND_STATES = ["PROCESSING", "RETRACTED", "SUCCEEDED", "FAILED"] as const
export type RefundState = (typeof REFUND_STATES)[number]

export const REFUND_EVENTS = ["claimed", "retracted", "returned", "refused", "sentAgain"] as const
export type RefundEventName = (typeof REFUND_EVENTS)[number]

/** What the effects consumer makes of a transition, and nobody else. */
export type RefundEmission =
  | "movement.refund"
  | "notify.refundSucceeded"
  | "notify.refundFailed"
  | "record"
  | "exception"

type Transition = {
  from: RefundState | "NONE"
  event: RefundEventName
  to: RefundState
  emits: readonly RefundEmission[]
  /** Why this way exists, for the diagram and the reader. */
  why: string
}

export const REFUND_TRANSITIONS: readonly Transition[] = [
  {
    from: "NONE",
    event: "claimed",
    to: "PROCESSING",
    emits: [],
    why: "the number is taken before anything is reserved",
  },
  {
    from: "PROCESSING",
    event: "retracted",
    to: "RETRACTED",
    emits: [],
    why: "refused before any channel was asked; the number is free again",
  },
  { from: "RETRACTED", event: "claimed", to: "PROCESSING", emits: [], why: "the same number is sent again" },
  {
    from: "PROCESSING",
    event: "returned",
    to: "SUCCEEDED",
    emits: ["movement.refund", "notify.refundSucceeded", "record"],
    why: "the channel says the money went back",
  },
  {
    from: "PROCESSING",
    event: "refused",
    to: "FAILED",
    emits: ["notify.refundFailed", "exception"],
    why: "the channel definitely gives nothing back under this number",
  },
  {
    from: "FAILED",
    event: "sentAgain",
    to: "PROCESSING",
    emits: [],
    why: "a person sends it again, reserved anew",
  },
]

const byKey = new Map(REFUND_TRANSITIONS.map((it) => [`${it.from} ${it.event}`, it]))

/** The transition, or undefined where the event has no place in that state. */
export function refundTransitionOf(
  from: RefundState | "NONE",
  event: RefundEventName,
): Transition | undefined {
  return byKey.get(`${from} ${event}`)
}

/** The next state; throws where the table has none: that is a fault in the caller, and nothing may be written. */
export function nextRefundState(from: RefundState | "NONE", event: RefundEventName): RefundState {
  const transition = refundTransitionOf(from, event)
  if (!transition) throw new Error(`a refund has no way from ${from} by ${event}`)
  return transition.to
}

export function isRefundFinal(state: RefundState): boolean {
  return state === "SUCCEEDED" || state === "FAILED"
}

/** What the contract calls each state (A11). A retracted refund does not exist for the merchant. */
export const PUBLIC_REFUND_STATUS: Readonly<
  Record<Exclude<RefundState, "RETRACTED">, "RS_PROCESSING" | "RS_SUCCESS" | "RS_FAILED">
> = { PROCESSING: "RS_PROCESSING", SUCCEEDED: "RS_SUCCESS", FAILED: "RS_FAILED" }
