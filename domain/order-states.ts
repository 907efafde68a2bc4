/**
 * Every state an order can be in and every way between them: the one table that changes states. The diagram in
 * docs/order-states.md is made from it, and a test walks it.
 *
 * Final states have no way out but the named undo (PAID → UNDOING). Money found for an order that ended without it
 * (`surplus…`) is written down and sent back; the state stays.
 */
export const ORDER_STATES = [
  "PAYING",
  "RETRACTED",
  "PAID",
  "FAILED",
  "REVERSING",
  "UNDOING",
  "CLOSED",
] as const
export type OrderState = (typeof ORDER_STATES)[number]

export const ORDER_EVENTS = [
  "accepted",
  "refused",
  "closedUnseen",
  "retracted",
  "charged",
  "declined",
  "passwordAsked",
  "reversalStarted",
  "reversed",
  "undoStarted",
  "undone",
  "undoRefused",
  "surplusFound",
  "surplusReturned",
] as const
export type OrderEventName = (typeof ORDER_EVENTS)[number]

/** What the effects consumer makes of a transition, and nobody else. */
export type Emission =
  | "movement.payment"
  | "movement.reversal"
  | "notify.succeeded"
  | "notify.failed"
  | "notify.closed"
  | "record"
  | "exception"

type Transition = {
  from: OrderState | "NONE"
  event: OrderEventName
  to: OrderState
  emits: readonly Emission[]
  /** Why this way exists, for the diagram and the reader. */
  why: string
}

export const TRANSITIONS: readonly Transition[] = [
  {
    from: "NONE",
    event: "accepted",
    to: "PAYING",
    emits: [],
    why: "the intent is durable before a channel hears of it",
  },
  {
    from: "NONE",
    event: "refused",
    to: "FAILED",
    emits: ["notify.failed", "record"],
    why: "the code cannot pay",
  },
  {
    from: "NONE",
    event: "closedUnseen",
    to: "CLOSED",
    emits: ["notify.closed"],
    why: "reversed before it was ever seen",
  },
  {
    from: "PAYING",
    event: "passwordAsked",
    to: "PAYING",
    emits: [],
    why: "the customer is entering the password",
  },
  {
    from: "PAYING",
    event: "charged",
    to: "PAID",
    emits: ["movement.payment", "notify.succeeded", "record"],
    why: "the channel says it took the money",
  },
  {
    from: "PAYING",
    event: "declined",
    to: "FAILED",
    emits: ["notify.failed", "record"],
    why: "the channel says it will never take it, or it was never asked",
  },
  {
    from: "PAYING",
    event: "retracted",
    to: "RETRACTED",
    emits: [],
    why: "given up before any channel was asked; the number is free again",
  },
  { from: "RETRACTED", event: "accepted", to: "PAYING", emits: [], why: "the same number is sent again" },
  {
    from: "RETRACTED",
    event: "refused",
    to: "FAILED",
    emits: ["notify.failed", "record"],
    why: "the same number is sent again and the code cannot pay",
  },
  {
    from: "RETRACTED",
    event: "closedUnseen",
    to: "CLOSED",
    emits: ["notify.closed"],
    why: "reversed after it was given up",
  },
  {
    from: "PAYING",
    event: "reversalStarted",
    to: "REVERSING",
    emits: [],
    why: "unknown for too long, or the merchant reverses",
  },
  {
    from: "REVERSING",
    event: "reversed",
    to: "CLOSED",
    emits: ["notify.closed", "record"],
    why: "the channel holds nothing and will take nothing",
  },
  {
    from: "PAID",
    event: "undoStarted",
    to: "UNDOING",
    emits: [],
    why: "reversed by the merchant on the same day, nothing refunded",
  },
  {
    from: "UNDOING",
    event: "undone",
    to: "CLOSED",
    emits: ["movement.reversal", "notify.closed", "record"],
    why: "the whole amount went back",
  },
  {
    from: "UNDOING",
    event: "undoRefused",
    to: "PAID",
    emits: ["exception"],
    why: "the channel definitely refuses to give it back",
  },
  {
    from: "FAILED",
    event: "surplusFound",
    to: "FAILED",
    emits: ["exception"],
    why: "a channel holds money for an order that failed",
  },
  { from: "FAILED", event: "surplusReturned", to: "FAILED", emits: [], why: "it went back" },
  {
    from: "CLOSED",
    event: "surplusFound",
    to: "CLOSED",
    emits: ["exception"],
    why: "a channel holds money for a closed order",
  },
  { from: "CLOSED", event: "surplusReturned", to: "CLOSED", emits: [], why: "it went back" },
]

const byKey = new Map(TRANSITIONS.map((transition) => [`${transition.from} ${transition.event}`, transition]))

/** The transition, or undefined where the event has no place in that state. */
export function transitionOf(from: OrderState | "NONE", event: OrderEventName): Transition | undefined {
  return byKey.get(`${from} ${event}`)
}

/** The next state; throws where the table has none: that is a fault in the caller, and nothing may be written. */
export function nextState(from: OrderState | "NONE", event: OrderEventName): OrderState {
  const transition = transitionOf(from, event)
  if (!transition) throw new Error(`no way from ${from} by ${event}`)
  return transition.to
}

const FINAL: ReadonlySet<OrderState> = new Set(["PAID", "FAILED", "CLOSED"])

/** Final: whoever asks may rely on it, save for the named undo of a paid order. */
export function isFinal(state: OrderState): boolean {
  return FINAL.has(state)
}

/** What the contract calls each state (§3, "What each state is called"). A retracted order does not exist for the merchant. */
export const PUBLIC_STATUS: Readonly<
  Record<
    Exclude<OrderState, "RETRACTED">,
    { applypay: "PS_PAYING" | "PS_SUCCESS" | "PS_FAILED"; orderquery: PublicPayStatus }
  >
> = {
  PAYING: { applypay: "PS_PAYING", orderquery: "PS_PAYING" },
  REVERSING: { applypay: "PS_PAYING", orderquery: "PS_PAYING" },
  PAID: { applypay: "PS_SUCCESS", orderquery: "PS_SUCCESS" },
  UNDOING: { applypay: "PS_SUCCESS", orderquery: "PS_SUCCESS" },
  FAILED: { applypay: "PS_FAILED", orderquery: "PS_FAILED" },
  CLOSED: { applypay: "PS_FAILED", orderquery: "PS_CLOSED" },
}
export type PublicPayStatus = "PS_PAYING" | "PS_SUCCESS" | "PS_FAILED" | "PS_CLOSED"
