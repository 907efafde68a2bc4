import type { RegisteredMerchant } from "../persistence/merchant-items.ts"
import type { Desk } from "./desk.ts"
import { UsageError } from "./usage-error.ts"

/** As the contract's numbers, and short enough for a person to say. */
const MERCHANT_ID = /^[0-9A-Za-z_-]{1,32}$/

/** Throws a UsageError for what is no merchant's number. */
export function merchantIdFrom(word: string | undefined): string {
  if (!MERCHANT_ID.test(word ?? "")) {
    throw new UsageError("a merchant's number is 1 to 32 characters of 0-9 A-Z a-z _ -")
  }
  return word ?? ""
}

export async function findMerchant(
  { merchants }: Pick<Desk, "merchants">,
  word: string | undefined,
): Promise<{ ok: true; merchant: RegisteredMerchant } | { ok: false; why: string }> {
  const merchantId = merchantIdFrom(word)
  const merchant = await merchants.read(merchantId)
  return merchant ? { ok: true, merchant } : { ok: false, why: `there is no merchant ${merchantId}` }
}
