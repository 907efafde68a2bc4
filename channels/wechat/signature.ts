/**
 * WeChat Pay's signatures, V3: `WECHATPAY2-SHA256-RSA2048` over method, path, time, nonce and body, each line ended by \n;
 * answers and notifications over time, nonce and body. Source: the public documents' chapters on signing and verifying.
 */
import { sign, verify } from "node:crypto"
import type { WechatAccount } from "./account.ts"

/** The time of an answer or notification may be this far off. */
const SKEW_S = 300

export function authorization(
  account: WechatAccount,
  call: { method: string; pathAndQuery: string; body: string },
  stamp: { nowS: number; nonce: string },
): string {
  const text = [call.method, call.pathAndQuery, stamp.nowS, stamp.nonce, call.body, ""].join("\n")
  const signature = sign("RSA-SHA256", Buffer.from(text), account.privateKey).toString("base64")
  const fields = {
    mchid: account.mchid,
    nonce_str: stamp.nonce,
    signature,
    timestamp: String(stamp.nowS),
    serial_no: account.serialNo,
  }
  const list = Object.entries(fields).map(([name, value]) => `${name}="${value}"`)
  return `WECHATPAY2-SHA256-RSA2048 ${list.join(",")}`
}

/** Whether WeChat itself said this, just now. */
export function isSaidByWechat(
  account: WechatAccount,
  headers: Pick<Headers, "get">,
  body: Uint8Array,
  nowS: number,
): boolean {
  const timestamp = headers.get("wechatpay-timestamp")
  const nonce = headers.get("wechatpay-nonce")
  const signature = headers.get("wechatpay-signature")
  if (!timestamp || !nonce || !signature || headers.get("wechatpay-serial") !== account.publicKeyId)
    return false
  if (!(Math.abs(nowS - Number(timestamp)) <= SKEW_S)) return false
  const signed = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from("\n")])
  return verify("RSA-SHA256", signed, account.publicKey, Buffer.from(signature, "base64"))
}
