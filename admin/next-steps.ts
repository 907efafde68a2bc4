/**
 * What an operator may do with an order, told beforehand. Advice only: the use cases decide when it is done, and their word
 * counts.
 */
import { localDateTime } from "../domain/days.ts"
import type { Order } from "../domain/order.ts"
import { heldCount } from "../domain/reservation.ts"
import { legsToUndo } from "../domain/undo-outcome.ts"

export type Permitted = { ok: true } | { ok: false; why: string }
export type NextSteps = { requery: Permitted; reverse: Permitted }

const YES: Permitted = { ok: true }

export function nextSteps(order: Order, nowMs: number, timeZone: string): NextSteps {
  switch (order.state) {
    case "PAYING":
    case "REVERSING":
    case "UNDOING":
      return { requery: YES, reverse: YES }
    case "PAID":
      return {
        requery: no("it is paid: there is nothing to ask"),
        reverse: reversePaid(order, nowMs, timeZone),
      }
    case "FAILED":
    case "CLOSED":
      return {
        requery: order.legs.length > 0 ? YES : no("no channel ever heard of it"),
        reverse: legsToUndo(order).length > 0 ? YES : no("it ended without money: there is nothing to undo"),
      }
    case "RETRACTED":
      return { requery: no("it was given up unseen"), reverse: no("it was given up unseen") }
  }
}

/** What of that can be done, and why the rest cannot. */
export function describeNextSteps(steps: NextSteps): string {
  const entries = Object.entries(steps)
  const open = entries.flatMap(([name, { ok }]) => (ok ? [name] : []))
  const shut = entries.flatMap(([name, step]) => (step.ok ? [] : [`no ${name}: ${step.why}`]))
  return [open.length > 0 ? open.join(", ") : "nothing", ...shut].join("; ")
}

function reversePaid(order: Order, nowMs: number, timeZone: string): Permitted {
  const dayOf = (atMs: number) => localDateTime(atMs, timeZone).date
  const paidToday = dayOf(order.finalAtMs ?? order.createdAtMs) === dayOf(nowMs)
  if (heldCount(order.reservations) > 0) return no("some of it is refunded: further refunds are the way")
  return paidToday ? YES : no("it was paid on an earlier day: a refund is the way")
}

function no(why: string): Permitted {
  return { ok: false, why }
}
