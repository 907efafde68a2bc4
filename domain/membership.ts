/**
 * A customer's membership of a merchant (A13): what the customer wants, what the merchant said of it, and whether the
 * merchant has heard. The customer's word counts at once; the merchant's follows.
 */
import { sha256 } from "./hash.ts"

/** The merchant's words: not opened, opened, closed. */
export const VIP_STATUSES = ["UNACTIVE", "ACTIVE", "CLOSED"] as const
export type VipStatus = (typeof VIP_STATUSES)[number]

export type MembershipWish = "MEMBER" | "NONE"

export type Membership = {
  uid: string
  merchantId: string
  wish: MembershipWish
  /** CLOSED from the moment on in which the customer leaves, whatever the merchant says of it. */
  vipStatus: VipStatus
  /** Rises by one with each wish that the merchant has to hear of, and with nothing else. */
  version: number
  /** Of that wish; later than that of the one before it. */
  changedAtMs: number
  /** When the wish before it was made, of which the merchant may still be told. */
  previousAtMs?: number
  /** Whether the merchant has heard of it, or nobody needs to tell it. */
  told: boolean
}

/** `PENDING`: the merchant is being told. `FAILED`: it did not listen for as long as it is tried. */
export type Telling = "PENDING" | "DONE" | "FAILED"

/** How long a merchant that said something else than ACTIVE is not asked again: an app may try as often as it likes. */
const ASK_AGAIN_MS = 60_000

export function tellingOf({ told, changedAtMs }: Membership, nowMs: number, triedForMs: number): Telling {
  if (told) return "DONE"
  return nowMs - changedAtMs > triedForMs ? "FAILED" : "PENDING"
}

/** The membership after the customer opened it; the same one where the merchant need not hear of that. */
export function opened(
  { uid, merchantId }: Pick<Membership, "uid" | "merchantId">,
  before: Membership | undefined,
  nowMs: number,
  triedForMs: number,
): Membership {
  if (before?.wish === "MEMBER" && !worthAsking(before, nowMs, triedForMs)) return before
  return { uid, merchantId, ...nextVersion(before, nowMs), wish: "MEMBER", vipStatus: "UNACTIVE" }
}

function worthAsking(membership: Membership, nowMs: number, triedForMs: number): boolean {
  const telling = tellingOf(membership, nowMs, triedForMs)
  if (telling !== "DONE") return telling === "FAILED"
  return membership.vipStatus !== "ACTIVE" && nowMs - membership.changedAtMs >= ASK_AGAIN_MS
}

/** The membership after the customer left; the same one where that was so before and the merchant has heard, or will. */
export function left(before: Membership, nowMs: number, triedForMs: number): Membership {
  const known = before.wish === "NONE" && tellingOf(before, nowMs, triedForMs) !== "FAILED"
  return known ? before : { ...before, ...nextVersion(before, nowMs), wish: "NONE", vipStatus: "CLOSED" }
}

function nextVersion(before: Membership | undefined, nowMs: number) {
  return {
    version: (before?.version ?? 0) + 1,
    changedAtMs: Math.max(nowMs, (before?.changedAtMs ?? 0) + 1),
    previousAtMs: before?.changedAtMs,
    told: false,
  }
}

/** @param answered unset where the merchant did not say it in a way that can be read: then it confirmed nothing */
export function heard(membership: Membership, answered: VipStatus | undefined): Membership {
  const vipStatus = membership.wish === "NONE" ? "CLOSED" : (answered ?? "UNACTIVE")
  return { ...membership, vipStatus, told: true }
}

/** Whether a merchant is told of the customer's new phone number. */
export function isMember({ vipStatus }: Membership): boolean {
  return vipStatus !== "CLOSED"
}

/**
 * What the merchant answered: `vip_status` of its JSON object, or of the object in its `data`, as in the platform's own answers.
 * Undefined where that cannot be read.
 */
export function vipStatusIn(answer: string): VipStatus | undefined {
  const said = fieldOf(parsed(answer), "vip_status") ?? fieldOf(fieldOf(parsed(answer), "data"), "vip_status")
  return VIP_STATUSES.find((it) => it === said)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

/** The same however often and wherever it is made. */
export function memberEventId(kind: "membership" | "phone", ...of: readonly string[]): string {
  return sha256(["member event", kind, ...of])
    .toString("hex")
    .slice(0, 32)
}
