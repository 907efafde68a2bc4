/** What the values of options may look like. Each reader throws a UsageError that says what was expected. */
import { PAY_TYPES, type PayType } from "../domain/channel.ts"
import { UsageError } from "./usage-error.ts"

const MOST_SHOWN = 1_000

export function limitFrom(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MOST_SHOWN) throw new UsageError(`--limit is a number from 1 to ${MOST_SHOWN}`)
  return limit
}

export function dayFrom(text: string): string {
  const atMs = Date.parse(`${text}T00:00:00Z`)
  if (
    !/^\d{4}-\d{2}-\d{2}$/.test(text) ||
    Number.isNaN(atMs) ||
    !new Date(atMs).toISOString().startsWith(text)
  )
    throw new UsageError("--day is a day, written YYYY-MM-DD")
  return text
}

export function operatorFrom(text: string | undefined): string {
  if (text === undefined) throw new UsageError("--operator NAME is needed (or METRO_PAY_OPERATOR): who asks")
  if (!isPrintable(text, 64)) throw new UsageError("--operator is a name of 1 to 64 printable characters")
  return text
}

export function reasonFrom(text: string | undefined): string {
  if (text === undefined) throw new UsageError("--reason TEXT is needed: it goes into the audit log")
  return recordableFrom("reason", 200)(text)
}

/** A text that also goes into the audit log. */
export function recordableFrom(option: string, most: number): (text: string) => string {
  return (text) => {
    if (LOOKS_SECRET.test(text)) {
      throw new UsageError(
        `--${option} must hold no payment code and no phone number: the audit log is kept for good`,
      )
    }
    return printableFrom(option, most)(text)
  }
}

/** Without blanks at its ends. */
export function printableFrom(option: string, most: number): (text: string) => string {
  return (text) => {
    if (!isPrintable(text, most)) {
      throw new UsageError(`--${option} is a text of 1 to ${most} printable characters`)
    }
    return text.trim()
  }
}

/** An empty text takes away what stood there. */
export function orNone<T>(read: (text: string) => T): (text: string) => T | null {
  return (text) => (text === "" ? null : read(text))
}

/** An IANA name, in the spelling of the zone's own table. */
export function timeZoneFrom(text: string): string {
  const zone = /^[A-Za-z][0-9A-Za-z_+-]*(\/[0-9A-Za-z_+-]+)*$/.test(text) ? canonicalZone(text) : undefined
  if (zone === undefined) throw new UsageError("--time-zone is an IANA time zone, such as Asia/Shanghai")
  return zone
}

function canonicalZone(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}

export function phoneFrom(text: string): string {
  if (!/^\+?\d[\d -]{3,18}\d$/.test(text)) {
    throw new UsageError("--phone is a phone number of 5 to 20 digits, blanks and -, perhaps after a +")
  }
  return text
}

/** That it may be posted to is checked at each call (functions/notify/endpoint-address.ts): names change their meaning. */
export function urlFrom(option: string): (text: string) => string {
  return (text) => {
    const url = text.length <= 256 && URL.canParse(text) ? new URL(text) : undefined
    const plain = url?.protocol === "http:" && /^(localhost|127\.0\.0\.1)$/.test(url.hostname)
    if (!url || (url.protocol !== "https:" && !plain) || url.username !== "" || url.password !== "") {
      throw new UsageError(
        `--${option} is an https address of at most 256 characters, without a user name; http only on this machine`,
      )
    }
    return recordableFrom(option, 256)(text)
  }
}

/** Degrees with at most six digits after the point: a tenth of a metre. */
export function degreesFrom(option: string, most: number): (text: string) => number {
  return (text) => {
    const degrees = /^-?\d{1,3}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
    if (!(Math.abs(degrees) <= most)) {
      throw new UsageError(`--${option}=DEGREES is a number from -${most} to ${most}, at most six decimals`)
    }
    return degrees
  }
}

/** From yuan, as people write them, to fen. */
export function yuanFrom(option: string): (text: string) => number {
  return (text) => {
    const [, yuan, fen = ""] = /^(\d{1,6})(?:\.(\d{1,2}))?$/.exec(text) ?? []
    if (yuan === undefined)
      throw new UsageError(`--${option} is an amount in yuan, such as 38 or 38.50, below a million`)
    return Number(yuan) * 100 + Number(fen.padEnd(2, "0"))
  }
}

/** The contract's names, with or without `CT_`. */
export function payTypesFrom(text: string): PayType[] {
  const found = text.split(",").map(payTypeFrom)
  if (new Set(found).size < found.length) throw new UsageError("--pay-types names one twice")
  return found
}

export function payTypeFrom(text: string): PayType {
  const found = PAY_TYPES.find((it) => it === text || it === `CT_${text}`)
  if (!found) throw new UsageError(`a pay type is one of ${PAY_TYPES.map((it) => it.slice(3)).join(", ")}`)
  return found
}

/** Payment codes have 16 to 24 digits (docs/codes.md), mobile numbers 11; numbers of orders have 26 and more. */
const LOOKS_SECRET = /(?<!\d)(\d{16,24}|1[3-9]\d{9})(?!\d)/

function isPrintable(text: string, most: number): boolean {
  return text.trim() !== "" && [...text].length <= most && !/\p{C}/u.test(text)
}
