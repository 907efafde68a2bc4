/** A shop, its customers and its enemies, who all remember which secrets they used. */
import { randomInt } from "node:crypto"
import {
  helper,
  type Running,
  type Said,
  type SignedCall,
  Till as SigningTill,
  until,
} from "../journeys/running-platform.ts"
import type { Secrets } from "./secrets.ts"

export type Shop = {
  till: RecordingTill
  secrets: Secrets
  /** A fresh order; fields may be replaced. */
  order(qrcode: string, fields?: Record<string, unknown>): Record<string, unknown>
  /** A code of WeChat's own. */
  foreignCode(): string
  phoneNumber(): string
}

/** Remembers the signatures of its calls and of their answers. */
class RecordingTill extends SigningTill {
  readonly #secrets: Secrets

  constructor(running: Running, merchantId: string, secrets: Secrets) {
    super(running, merchantId)
    this.#secrets = secrets
  }

  override sign(name: string, input: unknown, nowMs?: number): SignedCall {
    const call = super.sign(name, input, nowMs)
    this.#secrets.add("signature", unquoted(call.headers.Signature))
    return call
  }

  override async send(call: SignedCall, nowMs?: number): Promise<Said> {
    const said = await super.send(call, nowMs)
    this.#secrets.add("signature", unquoted(said.headers.get("signature")))
    return said
  }
}

export function openShop(running: Running, merchantId: string, secrets: Secrets): Shop {
  let number = 0
  const remember = (what: string, secret: string) => {
    secrets.add(what, secret)
    return secret
  }
  return {
    till: new RecordingTill(running, merchantId, secrets),
    secrets,
    order(qrcode, fields = {}) {
      number += 1
      const request = {
        out_request_no: `L${number}`,
        qrcode,
        body: "早餐",
        total_fee: 1200,
        store_id: "SZTX001",
      }
      return { ...request, ...fields }
    },
    foreignCode: () => remember("payment code", `13${digits(16)}`),
    phoneNumber: () => remember("phone number", `138${digits(8)}`),
  }
}

/** A customer's app. */
export type App = {
  call(method: "GET" | "POST", path: string, body?: unknown): Promise<Record<string, unknown>>
  showCode(): Promise<{ qrcode: string; payId: string }>
}

export async function openApp(running: Running, uid: string, secrets: Secrets): Promise<App> {
  const { token } = await helper<{ token: string }>(running, "POST", "/local/token", { uid })
  secrets.add("customer's token", token)
  async function call(method: string, path: string, body?: unknown) {
    const response = await fetch(`${running.url}/metro/payment/v1/app${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as { data?: Record<string, unknown>; message?: string }
    return answer.data ?? { unanswered: `${response.status} ${answer.message}` }
  }
  return {
    call,
    async showCode() {
      // A machine under load may answer that it could not, as any gateway; an app asks again.
      const { qrcode, pay_id } = await until(
        () => call("POST", "/code", {}),
        ({ unanswered }) => unanswered === undefined,
      )
      secrets.add("payment code", String(qrcode))
      return { qrcode: String(qrcode), payId: String(pay_id) }
    },
  }
}

export function digits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join("")
}

/** Without `sig1=:`, which every one begins with. */
function unquoted(header: string | null | undefined): string {
  return /:([^:]+):/.exec(header ?? "")?.[1] ?? ""
}
