/**
 * Sends what merchants are told of members: the notification as it was kept, with the phone number and the address as they are
 * now. A wish that another one has overtaken is not sent any more, so that a merchant who knows nothing of orders of events
 * ends with the customer's last word.
 */
import { isMemberEvent, uidOf } from "../domain/member-events.ts"
import { heard, isMember, type Membership, vipStatusIn } from "../domain/membership.ts"
import type { Notification } from "../domain/notification.ts"
import { asWritten } from "../domain/phone.ts"
import type { CustomerPhone, MemberMerchantStore, MembershipStore, PhoneStore } from "./membership-ports.ts"
import type { NotificationSender, NotificationStore, SendOutcome } from "./notification-ports.ts"
import type { Clock } from "./ports.ts"

export type MemberSenderPorts = {
  clock: Pick<Clock, "nowMs">
  notifications: Pick<NotificationStore, "read">
  memberships: Pick<MembershipStore, "read" | "hear">
  phones: Pick<PhoneStore, "read">
  memberMerchants: Pick<MemberMerchantStore, "read">
}

/** Not sent and never to be sent. */
const OVERTAKEN: SendOutcome = { received: true, outcome: "overtaken, not sent" }

/** A sender for all notifications, of which `sender` makes the calls. */
export function memberSender(ports: MemberSenderPorts, sender: NotificationSender): NotificationSender {
  return {
    send: (notification) =>
      isMemberEvent(notification.type)
        ? sendMemberEvent(ports, sender, notification)
        : sender.send(notification),
  }
}

async function sendMemberEvent(
  ports: MemberSenderPorts,
  sender: NotificationSender,
  notification: Notification,
): Promise<SendOutcome> {
  const uid = uidOf(notification)
  const [membership, phone] = await Promise.all([
    ports.memberships.read(uid, notification.merchantId),
    ports.phones.read(uid),
  ])
  if (!membership || !phone || isOvertaken(notification, membership, phone)) return OVERTAKEN
  if (await previousUnderWay(ports, notification, membership)) {
    return { received: false, outcome: "the one before is still under way" }
  }
  const ready = await addressed(ports, notification, phone)
  if (!ready) return { received: false, outcome: "the merchant has no address for it" }
  const said = await sender.send(ready)
  // Before the notification is done with: whoever dies in between sends it again under its id.
  if (said.received && notification.type !== "member.phone_changed") {
    await ports.memberships.hear(heard(membership, vipStatusIn(said.answer ?? "")))
  }
  return said
}

function isOvertaken(
  { type, sequence }: Notification,
  membership: Membership,
  phone: CustomerPhone,
): boolean {
  if (type === "member.phone_changed") return !isMember(membership) || phone.changedAtMs !== sequence
  return membership.changedAtMs !== sequence
}

/** An answer that is late may still be taken for the last word: two wishes of a customer are never on their way at once. */
async function previousUnderWay(
  { clock, notifications }: MemberSenderPorts,
  { type, tradeNo }: Notification,
  { previousAtMs }: Membership,
): Promise<boolean> {
  if (type === "member.phone_changed" || previousAtMs === undefined) return false
  const previous = await notifications.read({ tradeNo, sequence: previousAtMs })
  return previous?.holder !== undefined && previous.dueMs > clock.nowMs()
}

/** What was kept holds no phone number; the address may have been put right since. */
async function addressed(
  { memberMerchants }: MemberSenderPorts,
  notification: Notification,
  { phone }: CustomerPhone,
): Promise<Notification | undefined> {
  const merchant = await memberMerchants.read(notification.merchantId)
  const url = notification.type === "member.phone_changed" ? merchant?.phoneUrl : merchant?.membershipUrl
  const data = JSON.stringify({ ...JSON.parse(notification.data), phone: asWritten(phone) })
  return url === undefined ? undefined : { ...notification, url, data }
}
