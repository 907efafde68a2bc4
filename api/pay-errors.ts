/** Why a payment was refused, in words for the person at the till (`pay_err_desc`); programs read `pay_err_code`. */
import type { Language } from "./errors.ts"

export const PAY_ERRORS = {
  CODE_INVALID: {
    zh: "无效的付款码，请顾客刷新后重新扫码",
    en: "Not a valid code: ask the customer to refresh it",
  },
  CODE_EXPIRED: {
    zh: "付款码已过期，请顾客刷新后重新扫码",
    en: "The code has expired: ask the customer to refresh it",
  },
  CODE_USED: {
    zh: "付款码已被使用，请顾客刷新后重新扫码",
    en: "The code was used already: ask the customer to refresh it",
  },
  CODE_CLOSED: { zh: "顾客已关闭消费码", en: "The customer has closed the payment code" },
  AGREEMENT_REQUIRED: {
    zh: "顾客需先开通免密支付，开通后请重新扫码",
    en: "The customer has to agree to password-free payment first, then scan a new code",
  },
  BALANCE_INSUFFICIENT: {
    zh: "余额不足，请顾客更换支付方式",
    en: "Balance too small: ask for another way to pay",
  },
  LIMIT_EXCEEDED: {
    zh: "超出支付限额，请顾客更换支付方式",
    en: "Over the payment limit: ask for another way to pay",
  },
  PASSWORD_FAILED: { zh: "支付密码错误", en: "Wrong payment password" },
  PAY_METHOD_OFF: { zh: "门店未开通此支付方式", en: "This way to pay is not switched on here" },
  CHANNEL_REFUSED: { zh: "支付机构拒绝了此笔交易", en: "The pay channel refused the payment" },
  ORDER_CLOSED: { zh: "订单已关闭", en: "The order is closed" },
} as const satisfies Record<string, Record<Language, string>>
export type PayErrorCode = keyof typeof PAY_ERRORS
