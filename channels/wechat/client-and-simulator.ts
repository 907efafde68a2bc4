/**
 * Our client and the simulated WeChat Pay that it talks to over HTTP, for tests: one clock, moved by hand, is both sides'.
 */
import { generateKeyPairSync } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type {
  ChannelAccount,
  ChargeRequest,
  PayChannel,
  ReturnRequest,
  ReverseRequest,
} from "../../usecases/ports.ts"
import { parseWechatAccount, type WechatAccount } from "./account.ts"
import { wechatChannel } from "./client.ts"
import { startWechatSimulator, type WechatSimulator } from "./simulator.ts"

export const ACCOUNT: ChannelAccount = {
  merchantId: "M1",
  channel: "wechat",
  accountId: "1900000101",
  settingsVersion: 1,
}
export const API_V3_KEY = "0123456789abcdefghijABCDEFGHIJ01"
const APPID = "wx8888888888888888"
const PUBLIC_KEY_ID = "PUB_KEY_ID_1"

export type AgreementProduct = WechatAccount["agreementProduct"]
export type ClientOptions = {
  agreementProduct?: AgreementProduct
  baseUrl?: string
  notifyUrl?: string
  account?: () => Promise<WechatAccount>
}
export type ClientAndSimulator = {
  clock: { ms: number }
  wechat(): WechatSimulator
  settings: Record<string, string>
  client(options?: ClientOptions): PayChannel
  /** Stops the simulator and starts it again on its books; its address changes. */
  restart(): Promise<void>
  close(): Promise<void>
}

export async function startClientAndSimulator(): Promise<ClientAndSimulator> {
  const dir = mkdtempSync(join(tmpdir(), "wechat-"))
  const clock = { ms: Date.now() }
  const [platform, merchant] = [keyPair(), keyPair()]
  const start = () =>
    startWechatSimulator({
      dir,
      nowMs: () => clock.ms,
      speed: 1,
      platform: { publicKeyId: PUBLIC_KEY_ID, privateKeyPem: platform.privateKey },
      merchants: [
        {
          mchid: ACCOUNT.accountId,
          serialNo: "S1",
          publicKeyPem: merchant.publicKey,
          appids: [APPID],
          apiV3Key: API_V3_KEY,
        },
      ],
    })
  let wechat = await start()
  wechat.addContract({ contractId: "C1", mchid: ACCOUNT.accountId, openid: "o1" })
  const settings = {
    mchid: ACCOUNT.accountId,
    appid: APPID,
    serialNo: "S1",
    privateKeyPem: merchant.privateKey,
    publicKeyId: PUBLIC_KEY_ID,
    publicKeyPem: platform.publicKey,
    agreementProduct: "apply",
    apiV3Key: API_V3_KEY,
  }
  return {
    clock,
    settings,
    wechat: () => wechat,
    client({ agreementProduct = "apply", baseUrl, notifyUrl, account } = {}) {
      const parsed = parseWechatAccount({ ...settings, agreementProduct })
      return wechatChannel({
        baseUrl: baseUrl ?? wechat.url,
        account: account ?? (async () => parsed),
        clock: { nowMs: () => clock.ms },
        random: { digits: () => "", id: () => `nonce-${Math.random()}` },
        ...(notifyUrl === undefined ? {} : { notifyUrl: () => notifyUrl }),
      })
    },
    async restart() {
      await wechat.close()
      wechat = await start()
    },
    async close() {
      await wechat.close()
      rmSync(dir, { recursive: true })
    },
  }
}

function keyPair() {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  })
}

let count = 0

/** A charge by a fresh code under a fresh number, of 12 yuan unless told. */
export function chargeRequest(fields: Partial<ChargeRequest> = {}): ChargeRequest {
  count += 1
  return {
    account: ACCOUNT,
    channelOrderNo: `1${String(count).padStart(25, "0")}01`,
    amountFen: 1200,
    body: "早餐",
    storeId: "SZTX001",
    by: { intent: "code", code: `13${String(count).padStart(16, "0")}` },
    orderedAtMs: Date.now(),
    notAfterMs: Number.POSITIVE_INFINITY,
    timeoutMs: 3_000,
    ...fields,
  }
}

export const BY_AGREEMENT = { by: { intent: "agreement", contractId: "C1" } } as const

/** The question about that charge, or its reverse. */
export function queryOf(charge: ChargeRequest): ReverseRequest {
  const { account, channelOrderNo, amountFen, by, orderedAtMs, notAfterMs, timeoutMs } = charge
  return { account, channelOrderNo, amountFen, intent: by.intent, orderedAtMs, notAfterMs, timeoutMs }
}

/** The return of that charge, whole unless told. */
export function returnOf(charge: ChargeRequest, fields: Partial<ReturnRequest> = {}): ReturnRequest {
  return {
    ...queryOf(charge),
    channelRefundNo: `R${charge.channelOrderNo}`,
    totalFen: charge.amountFen,
    ...fields,
  }
}
