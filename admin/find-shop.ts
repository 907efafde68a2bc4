import type { Shop } from "../persistence/shop-store.ts"
import { UsageError } from "./usage-error.ts"

/** What tills may send as `store_id` (contract §3), without what no person could type. Throws a UsageError. */
export function storeIdFrom(word = ""): string {
  if (word.trim() !== word || word === "" || [...word].length > 32 || /\p{C}/u.test(word)) {
    throw new UsageError("a shop's number is 1 to 32 printable characters, as the tills send it in store_id")
  }
  return word
}

/** A shop as it may be shown. */
export function shopAsJson({ phone, ...shop }: Shop) {
  return { ...shop, phone: phone && maskedPhone(phone) }
}

/** Enough to recognise it by. */
export function maskedPhone(phone: string): string {
  const digits = phone.replace(/\D/g, "")
  const shown = digits.length >= 8 ? 4 : 0
  return "*".repeat(digits.length - shown) + digits.slice(digits.length - shown)
}
