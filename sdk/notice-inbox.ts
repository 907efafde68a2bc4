import type { Notice } from "./notification-receiver.ts"

/**
 * "new": act on it. "seen": it was told before; only answer. "overtaken": something later about the same payment or refund is
 * known already; note that it happened, but leave the state as it is.
 */
export type Standing = "new" | "seen" | "overtaken"

/**
 * Which notices are new, in memory: a sample of what a shop keeps in its own database, where the check and the change that
 * follows from it are one transaction.
 */
export class NoticeInbox {
  readonly #seen = new Set<string>()
  readonly #latest = new Map<string, number>()

  take(notice: Notice): Standing {
    if (this.#seen.has(notice.event_id)) return "seen"
    this.#seen.add(notice.event_id)
    const subject = subjectOf(notice)
    const latest = this.#latest.get(subject) ?? 0
    if (notice.sequence < latest) return "overtaken"
    this.#latest.set(subject, notice.sequence)
    return "new"
  }
}

/** The number of the payment or refund that it is about; of members, the membership or the phone: neither overtakes the other. */
export function subjectOf({ event_type, data }: Notice): string {
  if ("phone" in data) {
    const what = event_type === "member.phone_changed" ? "phone" : "membership"
    return `${what} ${data.merchant_id} ${data.uid}`
  }
  return "pay_refund_id" in data ? data.pay_refund_id : data.pay_out_trade_no
}
