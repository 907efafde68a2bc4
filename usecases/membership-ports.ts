/** What memberships and phone numbers need of the world, beside usecases/ports.ts. */
import type { MemberUrls } from "../domain/member-events.ts"
import type { Membership } from "../domain/membership.ts"

export type MembershipStore = {
  /** Strongly consistent, as all reads here. */
  read(uid: string, merchantId: string): Promise<Membership | undefined>
  /** All of a customer's, those that were left too. */
  list(uid: string): Promise<Membership[]>
  /** Writes `next` if what stands there is still `before`'s version, or nothing; false where somebody was faster. */
  advance(before: Membership | undefined, next: Membership): Promise<boolean>
  /** Writes what the merchant said of exactly that version; nothing where the customer wants something else by now. */
  hear(heard: Membership): Promise<void>
}

/** `phone` in E.164. */
export type CustomerPhone = { phone: string; changedAtMs: number }

/** `taken`: it is another customer's. `overtaken`: not any more what was seen, and nothing was written. */
export type PhoneWritten = "written" | "taken" | "overtaken"

export type PhoneStore = {
  read(uid: string): Promise<CustomerPhone | undefined>
  /** The number is the customer's from then on, and the one that was seen nobody's. */
  set(uid: string, next: CustomerPhone, seen: CustomerPhone | undefined): Promise<PhoneWritten>
}

export type MemberMerchant = MemberUrls & { name: string }

export type MemberMerchantStore = {
  read(merchantId: string): Promise<MemberMerchant | undefined>
  isDisabled(merchantId: string): Promise<boolean>
}
