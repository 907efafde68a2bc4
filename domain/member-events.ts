/**
 * What a merchant is told of its members: notifications (domain/notification.ts) that hold no phone number. Who sends one puts
 * in the number as it is then, so that it stands sealed in one place and nobody hears of one that is no more.
 */
import { type Membership, memberEventId } from "./membership.ts"
import { type Notification, newNotification } from "./notification.ts"

export const MEMBER_EVENT_TYPES = ["member.opened", "member.left", "member.phone_changed"] as const
export type MemberEventType = (typeof MEMBER_EVENT_TYPES)[number]

/** When a customer's number became the present one; never the number itself. */
export type PhoneChange = { uid: string; changedAtMs: number }

/** Where a merchant wants to be told, as it is set at present. */
export type MemberUrls = { membershipUrl?: string; phoneUrl?: string }

/** Of a membership's present wish; undefined where the merchant has no address for it. */
export function wishNotification(membership: Membership, urls: MemberUrls): Notification | undefined {
  const { uid, merchantId, wish, version, changedAtMs } = membership
  if (urls.membershipUrl === undefined) return undefined
  return newNotification({
    tradeNo: subjectOf("membership", uid, merchantId),
    sequence: changedAtMs,
    eventId: memberEventId("membership", uid, merchantId, String(version)),
    type: wish === "MEMBER" ? "member.opened" : "member.left",
    merchantId,
    url: urls.membershipUrl,
    data: JSON.stringify({ uid, merchant_id: merchantId }),
    createdAtMs: changedAtMs,
  })
}

/** Of a new number, to one of the merchants whose member the customer is. */
export function phoneNotification(
  { uid, changedAtMs }: PhoneChange,
  merchantId: string,
  urls: MemberUrls,
): Notification | undefined {
  if (urls.phoneUrl === undefined) return undefined
  return newNotification({
    tradeNo: subjectOf("phone", uid, merchantId),
    sequence: changedAtMs,
    eventId: memberEventId("phone", uid, merchantId, String(changedAtMs)),
    type: "member.phone_changed",
    merchantId,
    url: urls.phoneUrl,
    data: JSON.stringify({ uid, merchant_id: merchantId }),
    createdAtMs: changedAtMs,
  })
}

export function isMemberEvent(type: Notification["type"]): type is MemberEventType {
  return MEMBER_EVENT_TYPES.some((it) => it === type)
}

/** Whose membership or phone it is about. */
export function uidOf({ data }: Notification): string {
  return JSON.parse(data).uid
}

/** Stands where notifications of orders have the order's number. Neither a uid nor a merchant's id has a colon in it. */
function subjectOf(kind: "membership" | "phone", uid: string, merchantId: string): string {
  return `${kind}:${uid}:${merchantId}`
}
