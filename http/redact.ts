/**
 * Takes out of a fault's text what must not stand in a log (I11): messages are written by whoever threw, ourselves or a
 * package, and may quote what they choked on. It errs on the side of masking: a masked word costs a look into the code, a
 * shown key costs the key.
 */

type Rule = { find: RegExp; mask(found: string): string }

/** In this order: what may hold the others goes first. */
const RULES: readonly Rule[] = [
  // Also one whose end was cut off.
  { find: /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g, mask: () => "[PEM]" },
  // Three base64url parts, the first of which is JSON.
  { find: /\beyJ[\w-]*\.[\w-]*(?:\.[\w-]*)?/g, mask: () => "[token]" },
  // JSON.parse quotes some of what it could not read, and that may be settings or a body.
  { find: /"[\s\S]{0,200}?"(?:\.\.\.)? is not valid JSON/g, mask: () => "[text] is not valid JSON" },
  { find: /[A-Za-z0-9+/_=-]{32,}/g, mask: maskKey },
  { find: /\d{11,}/g, mask: maskNumber },
  // As people and screens group them: "138 0013 8000".
  { find: /(?<!\d)\d{1,8}(?:[ -]\d{1,8})+(?!\d)/g, mask: maskNumber },
]

/** The same text with what looks like a key, a signature, a payment code, a bank card or a phone number masked. */
export function redact(text: string): string {
  return RULES.reduce((redacted, { find, mask }) => redacted.replace(find, mask), text)
}

/** Hex, base64 and base64url without an end in sight; but neither paths and names of the code nor ids of requests. */
function maskKey(run: string): string {
  if (/^\d+$/.test(run) || UUID.test(run)) return run
  return looksRandom(run) ? `[${run.length} characters]` : run
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

function looksRandom(run: string): boolean {
  const hasDigit = /\d/.test(run)
  // Hex and plain letters with digits: names of that length have none. With signs it may be a path: those are small.
  if (/^(?:[A-Za-z0-9]+|[0-9a-f-]+)$/.test(run) && hasDigit) return true
  if (hasDigit && /[A-Z]/.test(run) && /[a-z]/.test(run)) return true
  // Letters only: a name changes between capitals and small letters once or twice a word.
  const changes = run.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g)?.length ?? 0
  return changes > run.length / 3
}

const OUR_NUMBERS: readonly number[] = [26, 28, 30]

/**
 * Phones have 11 digits, 13 with 86 before; cards, ids and payment codes 15 to 25. Numbers of orders and refunds (26, at a
 * channel 28 and 30) are what a fault is looked up by and stay, and so do times.
 */
function maskNumber(run: string): string {
  const digits = run.replace(/[ -]/g, "")
  const isPhone = digits.length === 11 || (digits.length === 13 && digits.startsWith("86"))
  const isCode = digits.length >= 15 && !OUR_NUMBERS.includes(digits.length)
  return isPhone || isCode ? `[${digits.length} digits]` : run
}
