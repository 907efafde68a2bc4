/** What the customer's app does: signs in, gets codes, watches what becomes of them. Straight calls to the platform. */
import type { Barcodes } from "../wire.ts"
import { type Called, call } from "./platform-calls.ts"

const APP = "/metro/payment/v1/app"

export type ShownCode = { qrcode: string; pay_id: string; pay_type: string; expires_at: string }
export type WatchedPayment = {
  status: "WAITING" | "AUTHORIZE" | "PASSWORD" | "PAYING" | "PAID" | "FAILED" | "CLOSED" | "EXPIRED"
  pay_id: string
  merchant_id?: string
  total_fee?: number
  pay_err_code?: string
  pay_err_desc?: string
}

export type CustomerApp = {
  newCode(): Promise<Called<ShownCode>>
  payment(payId: string): Promise<Called<WatchedPayment>>
}

export function customerApp(uid: string): CustomerApp {
  let token: string | undefined
  const signedIn = async <T>(method: "GET" | "POST", path: string): Promise<Called<T>> => {
    const first = token !== undefined
    const called = await withToken<T>(method, path)
    // A token lives for 12 hours, and the clock may have been moved by days.
    if (called.ok || called.status !== 401 || !first) return called
    token = undefined
    return withToken(method, path)
  }
  const withToken = async <T>(method: "GET" | "POST", path: string): Promise<Called<T>> => {
    if (token === undefined) {
      const given = await call<{ token: string }>("POST", "/local/token", { body: { uid } })
      if (!given.ok) return given
      token = given.value.token
    }
    const called = await call<{ data: T }>(method, APP + path, { token })
    return called.ok ? { ok: true, value: called.value.data } : called
  }
  return {
    newCode: () => signedIn("POST", "/code"),
    payment: (payId) => signedIn("GET", `/payments/${encodeURIComponent(payId)}`),
  }
}

/** What the customer would do in the channel's own app. */
export function agree(uid: string, merchantId: string): Promise<Called<unknown>> {
  return call("POST", "/local/agreements", {
    body: { uid, merchant_id: merchantId, pay_type: "CT_WECHAT" },
  })
}

export function barcodesOf(code: string): Promise<Called<Barcodes>> {
  return call("POST", "/local/try-it/barcodes", { body: { code } })
}
