/**
 * What merchants are told of their members (A13, A14), as the effects make it of a change: notifications like those of orders,
 * kept before anybody hears of them. Deliveries come twice: the second finds what the first has kept.
 */
import { type PhoneChange, phoneNotification, wishNotification } from "../domain/member-events.ts"
import { isMember, type Membership } from "../domain/membership.ts"
import type { Notification } from "../domain/notification.ts"
import type { MemberMerchantStore, MembershipStore } from "./membership-ports.ts"
import type { NotificationQueues, NotificationStore } from "./notification-ports.ts"

export type MembershipChange = { before?: Membership; after: Membership }

export type TellMembersPorts = {
  notifications: Pick<NotificationStore, "keep">
  notificationQueues: NotificationQueues
  memberships: Pick<MembershipStore, "list">
  memberMerchants: Pick<MemberMerchantStore, "read">
}

/** A write without a new wish, such as that of the merchant's answer, tells nothing. */
export async function tellOfMembership(
  ports: TellMembersPorts,
  { before, after }: MembershipChange,
): Promise<void> {
  if (after.told || before?.version === after.version) return
  const urls = await ports.memberMerchants.read(after.merchantId)
  const notification = urls && wishNotification(after, urls)
  if (notification) await announce(ports, notification)
}

/** To every merchant whose member the customer is by now: who became one since is told once more, which harms nobody. */
export async function tellOfPhone(ports: TellMembersPorts, change: PhoneChange): Promise<void> {
  for (const membership of await ports.memberships.list(change.uid)) {
    if (!isMember(membership)) continue
    const { merchantId } = membership
    const urls = await ports.memberMerchants.read(merchantId)
    const notification = urls && phoneNotification(change, merchantId, urls)
    if (notification) await announce(ports, notification)
  }
}

async function announce(ports: TellMembersPorts, wanted: Notification): Promise<void> {
  const { stored } = await ports.notifications.keep(wanted)
  // Once an attempt was begun, perhaps within the customer's call, its own message goes on.
  if (stored.state !== "WAITING" || stored.attempts > 0) return
  await ports.notificationQueues.send("first", { tradeNo: stored.tradeNo, sequence: stored.sequence }, 0)
}
