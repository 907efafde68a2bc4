import { MAX_TOTAL_FEN } from "../../../domain/money.ts"

/** Why a text is no amount. */
export type AmountRefusal = "empty" | "malformed" | "tooSmall" | "tooLarge"

/** Thousands may be parted by commas, at the right places only. */
const YUAN = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{0,2}))?$/

/** An amount in yuan as people type it, in fen. Digits only, never a floating-point number: 0.29 yuan are 29 fen. */
export function parseYuan(
  text: string,
): { ok: true; amountFen: number } | { ok: false; refusal: AmountRefusal } {
  // Chinese keyboards type full-width digits and marks.
  const plain = text.normalize("NFKC").replaceAll("。", ".").trim().replace(/^¥\s*/, "")
  if (plain === "") return { ok: false, refusal: "empty" }
  const match = YUAN.exec(plain)
  if (!match) return { ok: false, refusal: "malformed" }
  const yuan = (match[1] ?? "").replaceAll(",", "").replace(/^0+(?=\d)/, "")
  if (yuan.length > 8) return { ok: false, refusal: "tooLarge" }
  const amountFen = Number(yuan + (match[2] ?? "").padEnd(2, "0"))
  if (amountFen < 1) return { ok: false, refusal: "tooSmall" }
  return amountFen > MAX_TOTAL_FEN ? { ok: false, refusal: "tooLarge" } : { ok: true, amountFen }
}

/** 123456 fen as "1,234.56". */
export function formatYuan(amountFen: number): string {
  const digits = String(amountFen).padStart(3, "0")
  const yuan = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",")
  return `${yuan}.${digits.slice(-2)}`
}
