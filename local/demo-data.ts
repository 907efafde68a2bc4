/**
 * Demo data of the local platform, made at its first start: two merchants with their keys, three customers, the
 * agreements of one of them. Written through the same stores that the functions use.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { GetPublicKeyCommand, type KMSClient } from "@aws-sdk/client-kms"
import { ulid } from "ulid"
import { AGREEMENT_PAY_TYPES, type AgreementPayType } from "../domain/channel.ts"
import { DEFAULT_TIME_ZONE } from "../domain/days.ts"
import { agreementStore } from "../persistence/agreement-store.ts"
import { customerStore } from "../persistence/customer-store.ts"
import { kmsKeyMaker } from "../persistence/kms-key-maker.ts"
import { type MerchantRegistration, registerMerchant } from "../persistence/merchant-registration.ts"
import { merchantStore } from "../persistence/merchant-store.ts"
import { platformKeyStore } from "../persistence/platform-key-store.ts"
import { openFieldSeals, publishedKeys } from "../persistence/platform-secrets.ts"
import { ensurePlatformKeys } from "../usecases/platform-keys.ts"

/** What the simulated WeChat knows of us, and we of it. */
export type SimulatedWechat = {
  publicKeyId: string
  platformPublicKeyPem: string
  accounts: readonly {
    merchantId: string
    mchid: string
    appid: string
    serialNo: string
    privateKeyPem: string
    apiV3Key: string
  }[]
  addContract(contract: { contractId: string; mchid: string; openid: string }): void
}

export type SeedContext = {
  dataDir: string
  baseUrl: string
  clock: { nowMs(): number }
  tables: { main: string; settings: string }
  keyIds: { data: string; root: string }
  dynamodb: DynamoDBClient
  kms: KMSClient
  wechat: SimulatedWechat
}

const MERCHANTS = [
  { merchantId: "M10001", name: "天桥便利店（演示）" },
  { merchantId: "M10002", name: "站前百货（演示）" },
] as const

/** Customers and who they agreed with: U10001 with M10001 on every channel. */
const CUSTOMERS: readonly { uid: string; agreedWith: readonly string[] }[] = [
  { uid: "U10001", agreedWith: ["M10001"] },
  { uid: "U10002", agreedWith: [] },
  { uid: "U10003", agreedWith: [] },
]

const API_KEY_ID = "K1"

/** Does nothing that was done before, so that it may be called at every start. */
export async function seedDemoData(context: SeedContext): Promise<void> {
  const { dynamodb, kms, tables, keyIds, clock } = context
  const place = { dynamodb, kms, settingsTable: tables.settings, dataKeyId: keyIds.data }
  const maker = kmsKeyMaker(kms, keyIds.data, () => ulid(clock.nowMs()))
  await ensurePlatformKeys({ clock, store: platformKeyStore(dynamodb, tables.settings), maker })
  const fields = await openFieldSeals(place, clock.nowMs())
  const merchants = merchantStore(dynamodb, tables.settings, fields, {
    monotonicMs: () => performance.now(),
  })
  const files = await publicFiles(context)
  for (const { merchantId, name } of MERCHANTS) {
    const folder = join(context.dataDir, "demo", merchantId)
    const publicKeyPem = merchantKey(folder)
    writeJson(join(folder, "merchant.json"), {
      merchant_id: merchantId,
      key_id: API_KEY_ID,
      base_url: context.baseUrl,
      platform_root_key: files.rootKey,
    })
    writeJson(join(folder, "platform_keys.json"), files.keys)
    // What an operator changed since then must stay so.
    if (await merchants.read(merchantId)) continue
    await registerMerchant(dynamodb, tables.settings, fields, {
      merchantId,
      name,
      timeZone: DEFAULT_TIME_ZONE,
      apiKeys: [{ keyId: API_KEY_ID, publicKeyPem }],
      accounts: accountsOf(context, merchantId),
    })
  }
  writeJson(join(context.dataDir, "demo", "platform_keys.json"), files.keys)
  await seedCustomers(context)
}

/** Makes what a customer's consent on the channel's own pages would make. */
export async function agree(
  context: Pick<SeedContext, "dynamodb" | "tables" | "clock" | "wechat">,
  consent: { uid: string; merchantId: string; payType: AgreementPayType },
): Promise<{ id: string }> {
  const { uid, merchantId, payType } = consent
  const store = agreementStore(context.dynamodb, context.tables.main)
  const present = (await store.list(uid)).find((it) => it.merchantId === merchantId && it.payType === payType)
  if (present) return { id: present.id }
  const nowMs = context.clock.nowMs()
  const id = ulid(nowMs)
  const account = context.wechat.accounts.find((it) => it.merchantId === merchantId)
  if (payType === "CT_WECHAT" && account) {
    context.wechat.addContract({ contractId: id, mchid: account.mchid, openid: `openid-${uid}` })
  }
  await store.put({ id, uid, merchantId, payType, contractId: id, signedAtMs: nowMs })
  return { id }
}

async function seedCustomers(context: SeedContext): Promise<void> {
  const customers = customerStore(context.dynamodb, context.tables.main)
  const done = join(context.dataDir, "demo", "customers.json")
  // What a customer closed or ended since then must stay so.
  if (existsSync(done)) return
  for (const { uid, agreedWith } of CUSTOMERS) {
    await customers.open(uid, "CT_WECHAT")
    for (const merchantId of agreedWith) {
      for (const payType of AGREEMENT_PAY_TYPES) await agree(context, { uid, merchantId, payType })
    }
  }
  writeJson(
    done,
    CUSTOMERS.map(({ uid, agreedWith }) => ({ uid, agreements_with: agreedWith })),
  )
}

function accountsOf({ wechat }: SeedContext, merchantId: string): MerchantRegistration["accounts"] {
  const account = wechat.accounts.find((it) => it.merchantId === merchantId)
  if (!account) return []
  const { mchid, appid, serialNo, privateKeyPem, apiV3Key } = account
  return [
    {
      payTypes: ["CT_WECHAT"],
      account: { merchantId, channel: "wechat", accountId: mchid, settingsVersion: 1 },
      settings: {
        mchid,
        appid,
        serialNo,
        privateKeyPem,
        apiV3Key,
        publicKeyId: wechat.publicKeyId,
        publicKeyPem: wechat.platformPublicKeyPem,
        agreementProduct: "apply",
      },
    },
  ]
}

/** The merchant's key pair, made once; gives the public half. */
function merchantKey(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, "private_key.pem")
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
    replaceFile(file, privateKey.export({ format: "pem", type: "pkcs8" }).toString())
  }
  return createPublicKey(readFileSync(file, "utf8")).export({ format: "pem", type: "spki" }).toString()
}

async function publicFiles({
  dynamodb,
  kms,
  tables,
  keyIds,
  clock,
}: SeedContext): Promise<{ rootKey: unknown; keys: unknown }> {
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: keyIds.root }))
  if (!PublicKey) throw new Error("the root key has no public half")
  const root = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" })
  const keys = await publishedKeys({ dynamodb, settingsTable: tables.settings }, clock.nowMs())
  return {
    rootKey: jwk(root, "root"),
    keys: { keys: keys.map(({ keyId, publicKey }) => jwk(publicKey, keyId)) },
  }
}

function jwk(publicKey: KeyObject, kid: string): Record<string, unknown> {
  return { ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" }
}

function writeJson(file: string, value: unknown): void {
  replaceFile(file, `${JSON.stringify(value, undefined, 2)}\n`)
}

/** Whole or not at all: a start that is killed must not leave half a key behind. */
function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
