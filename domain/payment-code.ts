import { keyedHash } from "./hash.ts"

/** How long a code lives (A2). */
export const CODE_LIFE_MS = 60_000
/** Servers' clocks differ a little, and a code may be scanned in its last moment. */
export const CODE_TOLERANCE_MS = 2_000

const CODE_DIGITS = 20
const RANDOM_DIGITS = 17

/**
 * One row of the table that tells codes apart by their digits. The table is a setting, since partners move their ranges
 * (source: the channels' public documents, collected in docs/codes.md).
 */
export type CodeKind = {
  /** Whose code it is: ours, or a channel's own. */
  kind: "own" | "wechat" | "alipay" | "unionpay" | "ecny"
  minDigits: number
  maxDigits: number
  /** The code begins with one of these; each is compared as text. */
  prefixes: readonly string[]
}

export const DEFAULT_OWN_PREFIX = "92"

export const DEFAULT_CODE_KINDS: readonly CodeKind[] = [
  { kind: "own", minDigits: CODE_DIGITS, maxDigits: CODE_DIGITS, prefixes: [DEFAULT_OWN_PREFIX] },
  { kind: "wechat", minDigits: 18, maxDigits: 18, prefixes: ["10", "11", "12", "13", "14", "15"] },
  { kind: "alipay", minDigits: 16, maxDigits: 24, prefixes: ["25", "26", "27", "28", "29", "30"] },
  { kind: "unionpay", minDigits: 19, maxDigits: 19, prefixes: ["62"] },
  { kind: "ecny", minDigits: 19, maxDigits: 19, prefixes: ["01"] },
]

/** Alipay's face payment codes are not digits: 35 characters that begin with `fp`. */
const ALIPAY_FACE = /^fp[0-9A-Za-z]{33}$/

/** Which kind of code was scanned, or undefined where it is none. Needs nothing but the digits. */
export function codeKindOf(
  code: string,
  kinds: readonly CodeKind[] = DEFAULT_CODE_KINDS,
): CodeKind["kind"] | undefined {
  if (ALIPAY_FACE.test(code)) return "alipay"
  if (!/^\d+$/.test(code)) return undefined
  const found = kinds.find(
    (kind) =>
      code.length >= kind.minDigits &&
      code.length <= kind.maxDigits &&
      kind.prefixes.some((prefix) => code.startsWith(prefix)),
  )
  if (found?.kind === "own" && !hasValidLuhn(code)) return undefined
  return found?.kind
}

/**
 * A new code of ours: prefix, 17 digits from a cryptographic source, a Luhn digit. Twenty digits are even in number, so
 * Code 128 C packs them in pairs.
 * @param randomDigits gives that many decimal digits, each equally likely
 */
export function makeCode(
  randomDigits: (count: number) => string,
  prefix: string = DEFAULT_OWN_PREFIX,
): string {
  if (!/^\d{2}$/.test(prefix)) throw new RangeError("the prefix of payment codes is two digits")
  const body = prefix + randomDigits(RANDOM_DIGITS)
  return body + luhnDigit(body)
}

export function luhnDigit(digits: string): string {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    const doubled = digit * 2
    sum += i % 2 === 0 ? (doubled > 9 ? doubled - 9 : doubled) : digit
  }
  return String((10 - (sum % 10)) % 10)
}

function hasValidLuhn(code: string): boolean {
  return luhnDigit(code.slice(0, -1)) === code.slice(-1)
}

/**
 * The payment ID (A3) under which a code is kept and under which the customer's app watches it. It is a keyed hash of the
 * code: one item serves both look-ups, and who reads the table still has no code.
 */
export function payIdOf(codeKey: Buffer, code: string): string {
  return keyedHash(codeKey, ["code", code]).toString("base64url").slice(0, 22)
}
