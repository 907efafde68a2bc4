/** A customer's phone number (A14): set, changed and shown. Who has to hear of a change is told by the effects. */
import { normalisedPhone } from "../domain/phone.ts"
import type { CustomerPhone, PhoneStore } from "./membership-ports.ts"
import type { Clock } from "./ports.ts"

export type PhonePorts = {
  clock: Pick<Clock, "nowMs">
  phones: PhoneStore
  /** Whether a number may be taken on the app's word, where the customer's token says nothing of it. */
  unprovenAllowed: boolean
}

/** What the login provider says of a customer's number: whether it has sent it a message that was read there. */
export type ProvenPhone = { number: string; verified: boolean }

export type PhoneAnswer =
  | { ok: true; phone: string }
  | { ok: false; refusal: { code: "PHONE_TAKEN" | "PHONE_NOT_VERIFIED" | "TRY_AGAIN" } }

/** Two of a customer's apps may set a number at the same moment. */
const TRIES = 3

/**
 * The same number again changes nothing and tells nobody.
 * @param phone in E.164
 * @param proven where the token says something of a number
 */
export async function setPhone(
  ports: PhonePorts,
  uid: string,
  phone: string,
  proven: ProvenPhone | undefined,
): Promise<PhoneAnswer> {
  if (!isProven(ports, phone, proven)) return { ok: false, refusal: { code: "PHONE_NOT_VERIFIED" } }
  for (let tries = 0; tries < TRIES; tries++) {
    const seen = await ports.phones.read(uid)
    if (seen?.phone === phone) return { ok: true, phone }
    const written = await ports.phones.set(uid, nextPhone(phone, seen, ports.clock.nowMs()), seen)
    if (written === "written") return { ok: true, phone }
    if (written === "taken") return { ok: false, refusal: { code: "PHONE_TAKEN" } }
  }
  return { ok: false, refusal: { code: "TRY_AGAIN" } }
}

/** In E.164; undefined where none was set. */
export async function readPhone(
  { phones }: Pick<PhonePorts, "phones">,
  uid: string,
): Promise<string | undefined> {
  return (await phones.read(uid))?.phone
}

/** A token that names a number is the better witness, also where it contradicts. */
function isProven({ unprovenAllowed }: PhonePorts, phone: string, proven: ProvenPhone | undefined): boolean {
  if (!proven) return unprovenAllowed
  return proven.verified && normalisedPhone(proven.number) === phone
}

/** Changes of one customer never fall into one moment: they are told by it. */
function nextPhone(phone: string, seen: CustomerPhone | undefined, nowMs: number): CustomerPhone {
  return { phone, changedAtMs: Math.max(nowMs, (seen?.changedAtMs ?? 0) + 1) }
}
