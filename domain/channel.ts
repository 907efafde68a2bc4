/** The channels that can hold a customer's money. The names also stand in settings, queues and the local helpers. */
export const CHANNEL_IDS = ["wechat", "alipay", "unionpay", "mpay"] as const
export type ChannelId = (typeof CHANNEL_IDS)[number]

/** Pay types as merchants see them (requirements A7). */
export const PAY_TYPES = [
  "CT_WECHAT",
  "CT_ALIPAY",
  "CT_UNION",
  "CT_MPAY",
  "CT_POINTS",
  "CT_CASH",
  "CT_COMBINED",
] as const
export type PayType = (typeof PAY_TYPES)[number]

/** Pay types that a customer can bind to a code of ours: each needs an agreement (A5). */
export const AGREEMENT_PAY_TYPES = [
  "CT_WECHAT",
  "CT_ALIPAY",
  "CT_UNION",
] as const satisfies readonly PayType[]
export type AgreementPayType = (typeof AGREEMENT_PAY_TYPES)[number]

/** Why an order was refused, for programs (contract §3). */
export const PAY_ERROR_CODES = [
  "CODE_INVALID",
  "CODE_EXPIRED",
  "CODE_USED",
  "CODE_CLOSED",
  "AGREEMENT_REQUIRED",
  "BALANCE_INSUFFICIENT",
  "LIMIT_EXCEEDED",
  "PASSWORD_FAILED",
  "PAY_METHOD_OFF",
  "CHANNEL_REFUSED",
  "ORDER_CLOSED",
] as const
export type PayErrorCode = (typeof PAY_ERROR_CODES)[number]
