/** Customers' phone numbers: one way to write each (E.164), and what people may see of them. */

/** Mobile numbers of the mainland (工信部, 电信网编号计划): eleven digits, the first a 1, the second none of 0 to 2. */
const MAINLAND = /^1[3-9]\d{9}$/
const MAINLAND_PREFIX = "+86"
/** ITU-T E.164: at most 15 digits, and none begins with 0. No country has subscribers with fewer than eight in all. */
const INTERNATIONAL = /^\+[1-9]\d{7,14}$/
/** What people and login providers put between digits. */
const SEPARATORS = /[ ().-]/g

/**
 * In E.164, such as `+8613812341234`. A mainland number may come without its prefix; every other one needs its own.
 * Undefined where it is none that can be a customer's: of the mainland's, those are mobile numbers.
 */
export function normalisedPhone(text: string): string | undefined {
  const bare = text.replace(SEPARATORS, "")
  const international = MAINLAND.test(bare) ? `${MAINLAND_PREFIX}${bare}` : bare
  if (!INTERNATIONAL.test(international)) return undefined
  const mainland = international.startsWith(MAINLAND_PREFIX)
  return mainland && !MAINLAND.test(withoutPrefix(international)) ? undefined : international
}

/** As its owner would write it: mainland numbers without their prefix. */
export function asWritten(phone: string): string {
  return phone.startsWith(MAINLAND_PREFIX) ? withoutPrefix(phone) : phone
}

/** Digits that stay hidden, however short a number is. */
const LEAST_HIDDEN = 4
const SHOWN_FIRST = 3
const SHOWN_LAST = 4

/** `138****1234`, `+852****678`: enough for its owner to know it by, too little to call it. */
export function maskedPhone(phone: string): string {
  const written = asWritten(phone)
  const plus = written.startsWith("+") ? "+" : ""
  const digits = written.slice(plus.length)
  const last = Math.max(0, Math.min(SHOWN_LAST, digits.length - SHOWN_FIRST - LEAST_HIDDEN))
  return `${plus}${digits.slice(0, SHOWN_FIRST)}****${digits.slice(digits.length - last)}`
}

function withoutPrefix(phone: string): string {
  return phone.slice(MAINLAND_PREFIX.length)
}
