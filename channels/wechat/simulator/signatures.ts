import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from "node:crypto"

export type MerchantKey = { mchid: string; serialNo: string; publicKeyPem: string }
export type SignedRequest = {
  method: string
  target: string
  authorization: string | undefined
  body: string
}

const SCHEME = "WECHATPAY2-SHA256-RSA2048"
/** WeChat refuses requests sent "long ago" (same page as below); five minutes is what it asks of merchants for answers. */
const TOLERANCE_S = 300
const HEADER_FIELD = /^(mchid|nonce_str|signature|timestamp|serial_no)="([^"]*)"$/

/**
 * Gives the mchid that signed a request, or undefined where the signature does not hold. The signed text is method,
 * path with query, timestamp, nonce and body, each followed by a line feed
 * (https://wechatpay-api.gitbook.io/wechatpay-api-v3/qian-ming-zhi-nan-1/qian-ming-sheng-cheng).
 */
export function signatureVerifier(
  merchants: readonly MerchantKey[],
): (request: SignedRequest, nowMs: number) => string | undefined {
  const keys = new Map<string, KeyObject>()
  for (const merchant of merchants) {
    keys.set(`${merchant.mchid} ${merchant.serialNo}`, createPublicKey(merchant.publicKeyPem))
  }
  return (request, nowMs) => {
    const parts = authorizationParts(request.authorization)
    const key = keys.get(`${parts.mchid} ${parts.serial_no}`)
    if (!key || !parts.timestamp || !parts.nonce_str || !parts.signature) return undefined
    if (!/^\d{1,12}$/.test(parts.timestamp)) return undefined
    if (Math.abs(nowMs / 1000 - Number(parts.timestamp)) > TOLERANCE_S) return undefined
    const text = `${request.method}\n${request.target}\n${parts.timestamp}\n${parts.nonce_str}\n${request.body}\n`
    const holds = verify("RSA-SHA256", Buffer.from(text), key, Buffer.from(parts.signature, "base64"))
    return holds ? parts.mchid : undefined
  }
}

function authorizationParts(header: string | undefined): Readonly<Record<string, string>> {
  const parts: Record<string, string> = {}
  if (!header?.startsWith(`${SCHEME} `)) return parts
  for (const piece of header.slice(SCHEME.length + 1).split(",")) {
    const match = HEADER_FIELD.exec(piece.trim())
    if (match?.[1] !== undefined && match[2] !== undefined) parts[match[1]] = match[2]
  }
  return parts
}

/**
 * The headers that sign an answer: over timestamp, nonce and body, each followed by a line feed. With a platform public
 * key, `Wechatpay-Serial` carries the key's id (https://pay.weixin.qq.com/doc/v3/merchant/4012153196).
 */
export function answerSigner(platform: {
  publicKeyId: string
  privateKeyPem: string
}): (body: string, nowMs: number) => Record<string, string> {
  const key = createPrivateKey(platform.privateKeyPem)
  return (body, nowMs) => {
    const timestamp = String(Math.floor(nowMs / 1000))
    const nonce = randomBytes(16).toString("hex")
    const signature = sign("RSA-SHA256", Buffer.from(`${timestamp}\n${nonce}\n${body}\n`), key)
    return {
      "Wechatpay-Timestamp": timestamp,
      "Wechatpay-Nonce": nonce,
      "Wechatpay-Signature": signature.toString("base64"),
      "Wechatpay-Serial": platform.publicKeyId,
    }
  }
}
