/**
 * The fields of the public API: what each may hold, and how a person is told when it does not. `rule` completes the
 * sentence "<field> …" in both languages. Limits: contract §3.
 */
import * as z from "zod"
import type { Language } from "./errors.ts"

export type FieldRule = Record<Language, string>

const rules = z.registry<{ rule: FieldRule }>()

function field<T extends z.ZodType>(schema: T, zh: string, en: string): T {
  rules.add(schema, { rule: { zh, en } })
  return schema
}

/** What a field should have been, or undefined where the schema is none of ours. */
export function ruleOf(schema: z.ZodType): FieldRule | undefined {
  return rules.get(schema)?.rule
}

/** Characters as people count them, not UTF-16 units; halves of characters are none. */
function text(maxCharacters: number): z.ZodString {
  return z.string().check((context) => {
    const { value } = context
    const length = [...value].length
    if (length < 1 || length > maxCharacters || !value.isWellFormed()) {
      context.issues.push({ code: "custom", input: value, message: "length" })
    }
  })
}

const MERCHANT_NUMBER = /^[0-9A-Za-z_-]{1,64}$/
const numberRule = ["1–64 位数字、字母、_ 或 -", "must be 1–64 characters of 0-9 A-Z a-z _ -"] as const

export const outRequestNo = field(z.string().regex(MERCHANT_NUMBER), `应为 ${numberRule[0]}`, numberRule[1])
export const tradeNo = field(z.string().regex(/^\d{26}$/), "应为 26 位数字", "must be 26 digits")
export const outRefundNo = field(z.string().regex(MERCHANT_NUMBER), `应为 ${numberRule[0]}`, numberRule[1])
export const refundId = field(z.string().regex(/^\d{26}$/), "应为 26 位数字", "must be 26 digits")
export const refundFee = field(
  z.int().min(1).max(100_000_000),
  "应为 1–100000000 的整数，单位分",
  "must be an integer from 1 to 100000000, in fen",
)
export const qrcode = field(text(128), "应为 1–128 个字符", "must be 1–128 characters")
export const body = field(text(128), "应为 1–128 个字符", "must be 1–128 characters")
export const storeId = field(text(32), "应为 1–32 个字符", "must be 1–32 characters")
export const totalFee = field(
  z.int().min(1).max(100_000_000),
  "应为 1–100000000 的整数，单位分",
  "must be an integer from 1 to 100000000, in fen",
)
export const extraData = field(
  z.string().check((context) => {
    const { value } = context
    if (Buffer.byteLength(value) > 256 || !value.isWellFormed()) {
      context.issues.push({ code: "custom", input: value, message: "length" })
    }
  }),
  "应不超过 256 字节",
  "must be at most 256 bytes",
)
export const notifyUrl = field(
  z
    .string()
    .max(256)
    .check((context) => {
      const { value } = context
      if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
        context.issues.push({ code: "custom", input: value, message: "url" })
      }
    }),
  "应为不超过 256 个字符的 http(s) 地址",
  "must be an http(s) address of at most 256 characters",
)
export const agreementPayType = field(
  z.enum(["CT_WECHAT", "CT_ALIPAY", "CT_UNION"]),
  "应为 CT_WECHAT、CT_ALIPAY 或 CT_UNION",
  "must be CT_WECHAT, CT_ALIPAY or CT_UNION",
)
export const merchantId = field(
  z.string().regex(/^[0-9A-Za-z_-]{1,64}$/),
  "应为 1–64 位数字、字母、_ 或 -",
  "must be 1–64 characters of 0-9 A-Z a-z _ -",
)
/** A mainland mobile number, with or without its prefix, or any other number in E.164: what domain/phone.ts takes. */
export const phone = field(
  z.string().regex(/^(?:(?:\+86)?1[3-9]\d{9}|\+(?!86)[1-9]\d{7,14})$/),
  "应为 11 位手机号，或带 + 和国家代码的号码",
  "must be a mainland mobile number of 11 digits, or a number with + and its country's code",
)
export const pageLimit = field(
  z.coerce.number().int().min(1).max(100),
  "应为 1–100 的整数",
  "must be an integer from 1 to 100",
)
export const pageCursor = field(
  z.string().regex(/^\d{13}#\d{26}$/),
  "应为上一页返回的 next",
  "must be the `next` of the page before",
)

/** A day of the calendar. */
export const billDate = field(
  z.string().check((context) => {
    const { value } = context
    const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(value) ?? []
    const date = new Date(`${year}-${month}-${day}T00:00:00Z`)
    const exists = !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day)
    if (!exists) context.issues.push({ code: "custom", input: value, message: "date" })
  }),
  "应为 yyyyMMdd 格式的日期",
  "must be a date like 20260131",
)
export const movementKind = field(
  z.enum(["PAYMENT", "REVERSAL", "REFUND"]),
  "应为 PAYMENT、REVERSAL 或 REFUND",
  "must be PAYMENT, REVERSAL or REFUND",
)
