/**
 * Every error code a caller can meet, its HTTP status, what to do about it, and its message in both languages. One table:
 * the answers, the OpenAPI document and the SDK are all made from it.
 */

/** `fix`: the call must be changed. `ask`: the result is unknown, ask with orderquery. `again`: nothing happened, send it again. */
export type RetryAdvice = "fix" | "ask" | "again"

type ErrorEntry = { status: number; advice: RetryAdvice; zh: string; en: string }

export const ERRORS = {
  INVALID_PARAMETER: { status: 400, advice: "fix", zh: "参数错误", en: "Invalid parameter" },
  SIGNATURE_MISSING: { status: 401, advice: "fix", zh: "缺少签名", en: "The call is not signed" },
  SIGNATURE_INVALID: { status: 401, advice: "fix", zh: "签名错误", en: "The signature does not verify" },
  SIGNATURE_EXPIRED: {
    status: 401,
    advice: "fix",
    zh: "签名时间与服务器相差超过 300 秒",
    en: "The signature's time is more than 300 seconds off",
  },
  DIGEST_MISMATCH: {
    status: 401,
    advice: "fix",
    zh: "Content-Digest 与请求体不符",
    en: "Content-Digest does not match the body",
  },
  KEY_UNKNOWN: { status: 401, advice: "fix", zh: "密钥不存在或已停用", en: "The key is unknown or revoked" },
  TOKEN_INVALID: { status: 401, advice: "fix", zh: "请重新登录", en: "Please log in again" },
  MERCHANT_DISABLED: { status: 403, advice: "fix", zh: "商户已停用", en: "The merchant is disabled" },
  PERMISSION_DENIED: { status: 403, advice: "fix", zh: "没有权限", en: "Permission denied" },
  CODE_NOT_OPEN: { status: 403, advice: "fix", zh: "消费码未开通", en: "The payment code is not opened" },
  PHONE_NOT_VERIFIED: {
    status: 403,
    advice: "fix",
    zh: "手机号未经登录验证",
    en: "The phone number is not the one that was verified at login",
  },
  ORDER_NOT_FOUND: { status: 404, advice: "ask", zh: "订单不存在", en: "Order not found" },
  REFUND_NOT_FOUND: { status: 404, advice: "ask", zh: "退款单不存在", en: "Refund not found" },
  CODE_NOT_FOUND: { status: 404, advice: "fix", zh: "消费码不存在", en: "Code not found" },
  AGREEMENT_NOT_FOUND: { status: 404, advice: "fix", zh: "免密协议不存在", en: "Agreement not found" },
  MEMBERSHIP_NOT_OFFERED: {
    status: 404,
    advice: "fix",
    zh: "商户不存在或未开放会员",
    en: "The merchant is unknown or takes no members",
  },
  MEMBERSHIP_NOT_FOUND: { status: 404, advice: "fix", zh: "未开通该商户会员", en: "Membership not found" },
  ORDER_NO_REUSED: {
    status: 409,
    advice: "fix",
    zh: "订单号已用于其他内容，重新扫码请使用新的订单号",
    en: "The number was used before with other content: a new scan needs a new out_request_no",
  },
  REFUND_NO_REUSED: {
    status: 409,
    advice: "fix",
    zh: "退款单号已用于其他内容",
    en: "The refund number was used before with other content",
  },
  ORDER_STATE_FORBIDS: {
    status: 409,
    advice: "fix",
    zh: "订单当前状态不允许此操作",
    en: "The order's state does not allow this",
  },
  REFUND_EXCEEDS_PAID: {
    status: 409,
    advice: "fix",
    zh: "退款金额超过可退金额",
    en: "The refund exceeds what is left of the payment",
  },
  REFUND_WINDOW_CLOSED: {
    status: 409,
    advice: "fix",
    zh: "已超过可退款期限",
    en: "The time for refunds has passed",
  },
  REVERSE_WINDOW_CLOSED: {
    status: 409,
    advice: "fix",
    zh: "已超过可撤销期限",
    en: "The time for reversal has passed",
  },
  PHONE_REQUIRED: { status: 409, advice: "fix", zh: "请先设置手机号", en: "Set a phone number first" },
  PHONE_TAKEN: {
    status: 409,
    advice: "fix",
    zh: "该手机号已被其他用户使用",
    en: "The phone number is another customer's",
  },
  BILL_NOT_READY: { status: 409, advice: "again", zh: "账单尚未生成", en: "The bill is not ready yet" },
  BODY_TOO_LARGE: {
    status: 413,
    advice: "fix",
    zh: "请求体超过 64 KiB",
    en: "The body is larger than 64 KiB",
  },
  TOO_MANY_REQUESTS: {
    status: 429,
    advice: "again",
    zh: "请求过于频繁，请稍后再试",
    en: "Too many requests",
  },
  SYSTEM_ERROR: {
    status: 500,
    advice: "ask",
    zh: "系统错误，请查询订单确认结果",
    en: "System error: ask for the result with orderquery",
  },
  TRY_AGAIN: {
    status: 503,
    advice: "again",
    zh: "系统繁忙，请重试",
    en: "Busy: nothing happened, send it again",
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** A refusal with its code, as a value. `detail` is added to the message and must be fit for the caller's eyes. */
export type Refusal = {
  code: ErrorCode
  detail?: string
  /** Seconds after which to try again; becomes `Retry-After`. */
  retryAfterSeconds?: number
  /** Further fields of `data` in the answer, such as `server_time`. */
  data?: Record<string, unknown>
}

export type Language = "zh" | "en"

export function errorMessage(refusal: Refusal, language: Language): string {
  const text = ERRORS[refusal.code][language]
  if (!refusal.detail) return text
  return language === "zh" ? `${text}：${refusal.detail}` : `${text}: ${refusal.detail}`
}
