import type { Language } from "../api/errors.ts"
import type { Answer } from "../http/envelope.ts"
import { type AddressRules, refusalOfUrl } from "./notify/endpoint-address.ts"

/**
 * The refusal of an address that would never be posted to, while somebody is there who can put it right; undefined where
 * there is none or nothing is wrong with it. What its name leads to is checked at each sending only.
 */
export function refusedNotifyUrl(
  notifyUrl: string | undefined,
  rules: AddressRules,
  language: Language,
): Answer | undefined {
  if (notifyUrl === undefined || refusalOfUrl(new URL(notifyUrl), rules) === undefined) return undefined
  const detail =
    language === "zh"
      ? "notify_url 应为 https 公网地址，不含用户名和密码，端口为 443 或不小于 1024"
      : "notify_url must be a public https address without credentials, its port 443 or 1024 and above"
  return { ok: false, refusal: { code: "INVALID_PARAMETER", detail } }
}
