/** What goes back to the merchant; "silence" keeps the connection open and says nothing until the caller leaves. */
export type Answer = { status: number; body?: Readonly<Record<string, unknown>> } | "silence"

/**
 * Error codes of APIv3 with their HTTP statuses and messages. Sources: the business code table of
 * https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_3.shtml (USERPAYING 202, OUT_TRADE_NO_USED 403, NOTENOUGH 403,
 * ORDER_CLOSED 400), the general table of https://wechatpay-api.gitbook.io/wechatpay-api-v3 (AUTH_CODE_INVALID 400,
 * AUTH_CODE_EXPIRE 403, CONTRACT_NOT_EXIST 403, ORDER_REVERSED 400, ORDER_NOT_EXIST 404, RESOURCE_NOT_EXISTS 404, NO_AUTH
 * 403) and https://pay.weixin.qq.com/docs/merchant/apis/code-payment-v3/direct/reverse.html (PARAM_ERROR, INVALID_REQUEST,
 * SIGN_ERROR, SYSTEM_ERROR) and https://pay.weixin.qq.com/doc/global/v3/en/4012356623 (ORDERPAID, ORDERCLOSED). WeChat's own pages spell some of them with and without underscores.
 */
const ERRORS = {
  USERPAYING: { status: 202, message: "用户支付中，需要输入密码" },
  PARAM_ERROR: { status: 400, message: "参数错误" },
  INVALID_REQUEST: { status: 400, message: "请求参数符合参数格式，但不符合业务规则" },
  APPID_MCHID_NOT_MATCH: { status: 400, message: "商户号与appid不匹配" },
  AUTH_CODE_INVALID: { status: 400, message: "收银员扫描的不是微信支付的条码" },
  ORDERPAID: { status: 400, message: "订单已支付" },
  ORDERCLOSED: { status: 400, message: "订单已关闭" },
  ORDER_REVERSED: { status: 400, message: "订单已撤销" },
  SIGN_ERROR: { status: 401, message: "签名错误" },
  NO_AUTH: { status: 403, message: "商户暂无权限使用此功能" },
  AUTH_CODE_EXPIRE: { status: 403, message: "用户的条码已经过期" },
  CONTRACT_NOT_EXIST: { status: 403, message: "签约协议不存在" },
  NOTENOUGH: { status: 403, message: "余额不足" },
  OUT_TRADE_NO_USED: { status: 403, message: "商户订单号重复" },
  ORDER_NOT_EXIST: { status: 404, message: "订单不存在" },
  RESOURCE_NOT_EXISTS: { status: 404, message: "查询的资源不存在" },
  SYSTEM_ERROR: { status: 500, message: "系统异常，请稍后重试" },
} as const satisfies Readonly<Record<string, { status: number; message: string }>>

export type ErrorCode = keyof typeof ERRORS

export function refusal(code: ErrorCode, message: string = ERRORS[code].message): Answer {
  return { status: ERRORS[code].status, body: { code, message } }
}

/** PARAM_ERROR names the field (https://pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter3_1_7.shtml). */
export function parameterError(field: string, issue: string): Answer {
  const detail = { field, location: "body", issue }
  return {
    status: ERRORS.PARAM_ERROR.status,
    body: { code: "PARAM_ERROR", message: `${ERRORS.PARAM_ERROR.message}：${field} ${issue}`, detail },
  }
}

/** RFC 3339 with the offset that WeChat always uses. */
export function beijingTime(atMs: number): string {
  return `${new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`
}
