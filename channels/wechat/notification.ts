/**
 * WeChat's word that something became of a payment. It is signed over its raw bytes and carries the payment encrypted under
 * the merchant's APIv3 key. It counts only as a reason to ask: what became of the payment, the query tells.
 * Sources: https://pay.weixin.qq.com/docs/merchant/apis/insurance-entrusted-payment/deduct-result-notify.html and
 * https://pay.weixin.qq.com/wiki/doc/api_external/en/wechatpay/wechatpay4_2.shtml (encryption).
 */
import { createDecipheriv } from "node:crypto"
import * as z from "zod"
import type { WechatAccount } from "./account.ts"
import { jsonIn } from "./codec.ts"
import { isSaidByWechat } from "./signature.ts"

export type ReadNotification =
  | { ok: true; channelOrderNo: string }
  | { ok: false; why: "no APIv3 key" | "not signed by WeChat" | "unreadable" | "another merchant's" }

const Envelope = z.object({
  resource: z.object({
    algorithm: z.literal("AEAD_AES_256_GCM"),
    ciphertext: z.base64(),
    nonce: z.string().min(1),
    associated_data: z.string().default(""),
  }),
})

const Resource = z.object({ mchid: z.string(), out_trade_no: z.string().min(1) })

/** `rawBody`: the bytes as they came. The time in the signature may be 5 minutes off `nowMs`. */
export function readNotification(
  account: WechatAccount,
  headers: Pick<Headers, "get">,
  rawBody: Uint8Array,
  nowMs: number,
): ReadNotification {
  if (!account.apiV3Key) return { ok: false, why: "no APIv3 key" }
  if (!isSaidByWechat(account, headers, rawBody, Math.floor(nowMs / 1000))) {
    return { ok: false, why: "not signed by WeChat" }
  }
  const envelope = Envelope.safeParse(jsonIn(Buffer.from(rawBody).toString("utf8"))).data
  const plain = envelope && decrypted(account.apiV3Key, envelope.resource)
  const resource = plain === undefined ? undefined : Resource.safeParse(jsonIn(plain)).data
  if (!resource) return { ok: false, why: "unreadable" }
  if (resource.mchid !== account.mchid) return { ok: false, why: "another merchant's" }
  return { ok: true, channelOrderNo: resource.out_trade_no }
}

const TAG_BYTES = 16

/** Undefined where key, nonce or content do not belong together. The tag is the end of the ciphertext. */
function decrypted(
  key: NonNullable<WechatAccount["apiV3Key"]>,
  resource: z.infer<typeof Envelope>["resource"],
): string | undefined {
  const sealed = Buffer.from(resource.ciphertext, "base64")
  if (sealed.length < TAG_BYTES) return undefined
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, resource.nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(resource.associated_data))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString("utf8")
  } catch {
    return undefined
  }
}
