import { createCipheriv, randomBytes } from "node:crypto"
import { beijingTime } from "./answers.ts"
import type { Order } from "./order.ts"
import { transactionAsPaid } from "./payments.ts"

/**
 * The body that tells a merchant of its payment, the transaction in it encrypted under the merchant's APIv3 key. Repeated,
 * it keeps its id. Sources: https://pay.weixin.qq.com/docs/merchant/apis/insurance-entrusted-payment/deduct-result-notify.html
 * (fields) and https://pay.weixin.qq.com/wiki/doc/api_external/en/wechatpay/wechatpay4_2.shtml (encryption).
 */
export function noticeOf(order: Order, paidAtMs: number, apiV3Key: string): string {
  return JSON.stringify({
    id: `EV-${order.transactionId}`,
    create_time: beijingTime(paidAtMs),
    resource_type: "encrypt-resource",
    event_type: "TRANSACTION.SUCCESS",
    summary: "支付成功",
    resource: {
      original_type: "transaction",
      ...encrypted(JSON.stringify(transactionAsPaid(order, paidAtMs)), apiV3Key),
    },
  })
}

const ASSOCIATED_DATA = "transaction"

function encrypted(plain: string, apiV3Key: string) {
  const nonce = randomBytes(6).toString("hex")
  const cipher = createCipheriv("aes-256-gcm", apiV3Key, nonce)
  cipher.setAAD(Buffer.from(ASSOCIATED_DATA))
  const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()])
  return {
    algorithm: "AEAD_AES_256_GCM",
    ciphertext: sealed.toString("base64"),
    associated_data: ASSOCIATED_DATA,
    nonce,
  }
}
