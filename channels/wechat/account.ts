import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from "node:crypto"
import * as z from "zod"

/**
 * A merchant's account at WeChat Pay, in public-key mode. `agreementProduct` names which of WeChat's agreement payments the
 * contract covers: `apply` accepts first and is asked for the result, `direct` answers with the result. `apiV3Key` (32
 * letters and digits, set in WeChat's merchant console) opens notifications; without it they are not read.
 */
const AccountSettings = z.object({
  mchid: z.string().regex(/^\d{8,10}$/),
  appid: z.string().min(1).max(32),
  serialNo: z.string().min(1).max(64),
  privateKeyPem: z.string(),
  publicKeyId: z.string().startsWith("PUB_KEY_ID_"),
  publicKeyPem: z.string(),
  agreementProduct: z.enum(["apply", "direct"]),
  apiV3Key: z
    .string()
    .regex(/^[0-9A-Za-z]{32}$/)
    .optional(),
})

export const WECHAT_SETTINGS: readonly string[] = Object.keys(AccountSettings.shape)

export type WechatAccount = {
  mchid: string
  appid: string
  serialNo: string
  privateKey: KeyObject
  publicKeyId: string
  publicKey: KeyObject
  agreementProduct: "apply" | "direct"
  apiV3Key?: KeyObject
}

/** Throws naming the setting that is wrong, never its value. */
export function parseWechatAccount(settings: Record<string, string>): WechatAccount {
  const parsed = AccountSettings.safeParse(settings)
  if (!parsed.success) {
    throw new Error(
      `WeChat account settings: ${parsed.error.issues.map((it) => it.path.join(".")).join(", ")}`,
    )
  }
  const { privateKeyPem, publicKeyPem, apiV3Key, ...rest } = parsed.data
  return {
    ...rest,
    privateKey: keyIn("privateKeyPem", () => createPrivateKey(privateKeyPem)),
    publicKey: keyIn("publicKeyPem", () => createPublicKey(publicKeyPem)),
    ...(apiV3Key === undefined ? {} : { apiV3Key: createSecretKey(apiV3Key, "utf8") }),
  }
}

/** Node's own words do not say which of them it was. */
function keyIn(setting: string, read: () => KeyObject): KeyObject {
  let key: KeyObject | undefined
  try {
    key = read()
  } catch {}
  if (key?.asymmetricKeyType !== "rsa") throw new Error(`WeChat account settings: ${setting}`)
  return key
}
