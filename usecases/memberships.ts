/**
 * A customer's memberships of merchants (A13): opened, left, listed. What the customer wants is written first; from then on the
 * effects have the merchant told, whatever dies. The first attempt is made within the customer's call, so that the app mostly
 * knows at once what the merchant said.
 */
import { wishNotification } from "../domain/member-events.ts"
import { heard, left, type Membership, opened, type Telling, tellingOf } from "../domain/membership.ts"
import { ATTEMPT_LEASE_MS, type Notification } from "../domain/notification.ts"
import type { MemberMerchant, MemberMerchantStore, MembershipStore, PhoneStore } from "./membership-ports.ts"
import type { Clock } from "./ports.ts"
import { type SendNotificationPorts, sendNotification } from "./send-notification.ts"

export type MembershipPorts = {
  clock: Pick<Clock, "nowMs">
  memberships: MembershipStore
  phones: Pick<PhoneStore, "read">
  memberMerchants: MemberMerchantStore
  /** How long merchants are tried to be told. */
  triedForMs: number
  /** For the first attempt. */
  sending: SendNotificationPorts
  /** The first attempt could not be made; the effects go on. */
  noteFault(fault: unknown): void
}

export type ShownMembership = { membership: Membership; telling: Telling; merchantName?: string }

export type MembershipRefusal = {
  code:
    | "MEMBERSHIP_NOT_OFFERED"
    | "MEMBERSHIP_NOT_FOUND"
    | "MERCHANT_DISABLED"
    | "PHONE_REQUIRED"
    | "TRY_AGAIN"
}

export type MembershipAnswer =
  | { ok: true; shown: ShownMembership }
  | { ok: false; refusal: MembershipRefusal }

/** Somebody else may change the same membership at the same moment: the customer, on another phone. */
const TRIES = 3
/** A message that comes when the attempt within this call must be over, whoever died meanwhile. */
const SAFETY_NET_MS = ATTEMPT_LEASE_MS + 1_000

/** Opening an open membership asks the merchant again only where it did not say ACTIVE, and not within a minute. */
export async function openMembership(
  ports: MembershipPorts,
  uid: string,
  merchantId: string,
): Promise<MembershipAnswer> {
  const [merchant, disabled, phone] = await Promise.all([
    ports.memberMerchants.read(merchantId),
    ports.memberMerchants.isDisabled(merchantId),
    ports.phones.read(uid),
  ])
  if (merchant?.membershipUrl === undefined) return refused("MEMBERSHIP_NOT_OFFERED")
  if (disabled) return refused("MERCHANT_DISABLED")
  if (!phone) return refused("PHONE_REQUIRED")
  return change(ports, uid, merchantId, merchant, (before) =>
    opened({ uid, merchantId }, before, ports.clock.nowMs(), ports.triedForMs),
  )
}

/** Also of a merchant that was disabled, or takes no members any more: then there is nobody to tell. */
export async function leaveMembership(
  ports: MembershipPorts,
  uid: string,
  merchantId: string,
): Promise<MembershipAnswer> {
  const merchant = await ports.memberMerchants.read(merchantId)
  return change(ports, uid, merchantId, merchant, (before) => {
    if (!before) return undefined
    const after = left(before, ports.clock.nowMs(), ports.triedForMs)
    return merchant?.membershipUrl === undefined && after !== before ? heard(after, undefined) : after
  })
}

export async function listMemberships(
  ports: Pick<MembershipPorts, "clock" | "memberships" | "memberMerchants" | "triedForMs">,
  uid: string,
): Promise<ShownMembership[]> {
  const memberships = await ports.memberships.list(uid)
  return Promise.all(
    memberships.map(async (membership) =>
      shown(ports, membership, await ports.memberMerchants.read(membership.merchantId)),
    ),
  )
}

/** @param decide undefined where there is nothing to change */
async function change(
  ports: MembershipPorts,
  uid: string,
  merchantId: string,
  merchant: MemberMerchant | undefined,
  decide: (before: Membership | undefined) => Membership | undefined,
): Promise<MembershipAnswer> {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = await ports.memberships.read(uid, merchantId)
    const after = decide(before)
    if (!after) return refused("MEMBERSHIP_NOT_FOUND")
    if (after === before) return { ok: true, shown: shown(ports, after, merchant) }
    if (!(await ports.memberships.advance(before, after))) continue
    const told = await toldAtOnce(ports, after, merchant)
    return { ok: true, shown: shown(ports, told, merchant) }
  }
  return refused("TRY_AGAIN")
}

/** The membership after the first attempt to tell its merchant. */
async function toldAtOnce(
  ports: MembershipPorts,
  membership: Membership,
  merchant: MemberMerchant | undefined,
): Promise<Membership> {
  const notification = !membership.told && merchant && wishNotification(membership, merchant)
  if (!notification) return membership
  try {
    await attempt(ports.sending, notification)
    return (await ports.memberships.read(membership.uid, membership.merchantId)) ?? membership
  } catch (fault) {
    ports.noteFault(fault)
    return membership
  }
}

/** Before it is begun there is a message that goes on with it: the effects leave alone what was begun. */
async function attempt(sending: SendNotificationPorts, wanted: Notification): Promise<void> {
  const { stored } = await sending.notifications.keep(wanted)
  if (stored.state !== "WAITING" || stored.attempts > 0) return
  const message = { tradeNo: stored.tradeNo, sequence: stored.sequence }
  await sending.notificationQueues.send("repeats", message, SAFETY_NET_MS)
  await sendNotification(sending, message, "first")
}

function shown(
  { clock, triedForMs }: Pick<MembershipPorts, "clock" | "triedForMs">,
  membership: Membership,
  merchant: MemberMerchant | undefined,
): ShownMembership {
  const telling = tellingOf(membership, clock.nowMs(), triedForMs)
  return { membership, telling, merchantName: merchant?.name }
}

function refused(code: MembershipRefusal["code"]): MembershipAnswer {
  return { ok: false, refusal: { code } }
}
