/** Setting merchants up by command line, against a running platform: what tills see of it. */
import assert from "node:assert/strict"
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb"
import { clientOptions } from "../local/account.ts"
import { signRequest } from "../sdk/sign.ts"
import {
  type Running,
  runPlatform,
  type Said,
  Till,
  until,
  wechatBooks,
} from "../test/journeys/running-platform.ts"
import type { AuditEntry } from "../usecases/ports.ts"
import { type Ended, admin as runAdmin } from "./running-admin.ts"

const WHO = ["--operator", "li.na", "--reason", "contract 2026-17"]

let running: Running
let till: Till
let dynamodb: DynamoDBClient
let number = 0

before(async () => {
  running = await runPlatform()
  till = new Till(running, "M10001")
  const { endpoints, credentials } = running.platform
  dynamodb = new DynamoDBClient(clientOptions(endpoints.dynamodb, credentials))
})
after(async () => {
  dynamodb?.destroy()
  await running?.stop()
})

const admin = (...args: string[]): Promise<Ended> => runAdmin([...args, "--data", running.dataDir])

/** It must succeed; gives its JSON. */
async function json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
  const { code, out, err } = await admin(...args, "--json")
  assert.equal(code, 0, err)
  return JSON.parse(out) as T
}

function purchase() {
  number += 1
  return {
    out_request_no: `S${number}`,
    qrcode: `1345678901234568${String(number).padStart(2, "0")}`,
    body: "早餐",
    total_fee: 1200,
    store_id: "SZTX001",
  }
}

type Signer = { merchantId: string; keyId: string; privateKey: KeyObject }

/** A call of any merchant with any key; the answer must be the platform's own. */
function callAs(signer: Signer, name: string, input: unknown): Promise<Said> {
  const path = `/metro/payment/v1/api/qrcode/${name}`
  const body = Buffer.from(JSON.stringify(input))
  const headers = signRequest({ method: "POST", targetUri: running.url + path, body }, signer, Date.now())
  return till.send({ path, body, headers: { "Content-Type": "application/json; charset=utf-8", ...headers } })
}

/** A function that just looked in vain looks again a second later. */
function untilKnown(signer: Signer, name: string): Promise<Said> {
  return until(
    () => callAs(signer, name, {}),
    ({ code }) => code !== "KEY_UNKNOWN",
  )
}

function newKey(file: string): { privateKey: KeyObject; file: string; pem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const pem = publicKey.export({ format: "pem", type: "spki" }).toString()
  const path = join(running.dataDir, file)
  writeFileSync(path, pem)
  return { privateKey, file: path, pem }
}

async function auditOf(subject: string): Promise<AuditEntry[]> {
  const all = await json<AuditEntry[]>("audit", "--limit", "1000")
  return all.filter((it) => it.subject === subject).reverse()
}

/** The account that the simulated WeChat knows M10001 by, with something else in it where wanted. */
function wechatSettings(over: Record<string, unknown> = {}): string {
  const keys = join(running.dataDir, "channels", "keys")
  const platformKey = createPublicKey(readFileSync(join(keys, "wechat-platform.pem"), "utf8"))
  return JSON.stringify({
    mchid: "1900000101",
    appid: "wx8888888888888888",
    serialNo: "LOCAL0001",
    privateKeyPem: readFileSync(join(keys, "wechat-1900000101.pem"), "utf8"),
    publicKeyId: "PUB_KEY_ID_0000000000LOCAL",
    publicKeyPem: platformKey.export({ format: "pem", type: "spki" }),
    agreementProduct: "apply",
    ...over,
  })
}

test("a disabled merchant's very next payment is refused, what was paid is asked for and undone all the same", async () => {
  const paid = purchase()
  assert.equal((await till.call("applypay", paid)).data.pay_status, "PS_SUCCESS")

  const asked = await admin("merchants", "disable", "M10001", ...WHO)
  assert.deepEqual(
    [asked.code, asked.err],
    [1, "refused: there is no terminal to ask on: write --yes if it shall be done\n"],
  )
  assert.equal((await till.call("applypay", purchase())).code, "SUCCESS")

  await json("merchants", "disable", "M10001", ...WHO, "--yes")
  const refused = purchase()
  assert.deepEqual([(await till.call("applypay", refused)).code], ["MERCHANT_DISABLED"])
  assert.match((await admin("merchants", "list")).out, /^M10001 {2}disabled {2}/)
  const { out_request_no } = paid
  assert.equal((await till.call("orderquery", { out_request_no })).data.pay_status, "PS_SUCCESS")
  assert.equal((await till.call("applypay", paid)).data.pay_status, "PS_SUCCESS", "a replay moves no money")
  const reversed = await till.call("reverse", { out_request_no })
  assert.equal(reversed.code, "SUCCESS")
  const { data } = await until(
    () => till.call("orderquery", { out_request_no }),
    (it) => it.data.pay_status === "PS_CLOSED",
  )
  const books = await wechatBooks(running, data.pay_out_trade_no)
  assert.deepEqual([books.charged, books.returned], [1200, 1200])

  const again = await admin("merchants", "disable", "M10001", ...WHO, "--yes")
  assert.match(again.err, /M10001 is disabled already/)
  await json("merchants", "enable", "M10001", ...WHO)
  assert.equal((await till.call("applypay", refused)).data.pay_status, "PS_SUCCESS")
  assert.deepEqual(
    (await auditOf("M10001")).map(({ action, detail }) => `${action}: ${detail}`),
    [
      "merchants disable: contract 2026-17",
      "merchants disable outcome: done",
      "merchants enable: contract 2026-17",
      "merchants enable outcome: done",
    ],
  )
})

test("a key is replaced without a gap, and a revoked one is refused for good", async () => {
  const next = newKey("next.pem")
  const signer = { merchantId: "M10001", keyId: "K2", privateKey: next.privateKey }
  const added = await json("api-keys", "add", "M10001", "K2", "--public-key", next.file, ...WHO)
  assert.match(String(added.sha256), /^[0-9a-f]{64}$/)
  await untilKnown(signer, "applypay")
  assert.equal((await callAs(signer, "applypay", purchase())).data.pay_status, "PS_SUCCESS")
  assert.equal((await till.call("applypay", purchase())).data.pay_status, "PS_SUCCESS")
  assert.equal((await till.call("orderquery", { out_request_no: "none" })).code, "ORDER_NOT_FOUND")

  await json("api-keys", "revoke", "M10001", "K1", ...WHO, "--yes")
  assert.equal((await till.call("applypay", purchase())).code, "KEY_UNKNOWN", "the very next payment")
  assert.equal((await callAs(signer, "applypay", purchase())).data.pay_status, "PS_SUCCESS")
  // functions keep settings for 10 s where they read no gate
  await until(
    () => till.call("orderquery", { out_request_no: "none" }),
    ({ code }) => code === "KEY_UNKNOWN",
    12_000,
  )

  const other = newKey("other.pem")
  const sameId = await admin("api-keys", "add", "M10001", "K1", "--public-key", other.file, ...WHO)
  assert.match(sameId.err, /^refused: the id K1 belonged to a key that was revoked and is never free again/)
  await json("api-keys", "add", "M10001", "K3", "--public-key", other.file, ...WHO)
  await json("api-keys", "revoke", "M10001", "K3", ...WHO, "--yes")
  const sameKey = await admin("api-keys", "add", "M10001", "K4", "--public-key", other.file, ...WHO)
  assert.match(sameKey.err, /this very key was revoked as K3/)
  const last = await admin("api-keys", "revoke", "M10001", "K2", ...WHO, "--yes")
  assert.match(last.err, /^refused: K2 is the last live key of M10001/)
  const listed = await json<{ keyId: string; live: boolean }[]>("api-keys", "list", "M10001")
  assert.deepEqual(
    listed.map(({ keyId, live }) => [keyId, live]),
    [
      ["K1", false],
      ["K2", true],
      ["K3", false],
    ],
  )
  assert.doesNotMatch((await admin("api-keys", "list", "M10001")).out, /BEGIN/)
  await json("api-keys", "revoke", "M10001", "K2", ...WHO, "--yes", "--force")
  assert.match((await admin("merchants", "show", "M10001")).out, /API keys {2}none: it cannot call anything/)
})

test("a new merchant pays once it has a key and an account, and another never gets to see them", async () => {
  const key = newKey("m3.pem")
  const signer = { merchantId: "M10003", keyId: "K1", privateKey: key.privateKey }
  assert.equal((await callAs(signer, "applypay", purchase())).code, "KEY_UNKNOWN")
  await json("merchants", "add", "M10003", "--name", "新商户", "--category", "餐饮", ...WHO)
  const added = await runAdmin(
    ["api-keys", "add", "M10003", "K1", "--public-key", "-", ...WHO, "--data", running.dataDir],
    {},
    key.pem,
  )
  assert.equal(added.code, 0, added.err)
  await untilKnown(signer, "applypay")
  const off = purchase()
  assert.equal((await callAs(signer, "applypay", off)).data.pay_err_code, "PAY_METHOD_OFF")

  const settings = join(running.dataDir, "settings.json")
  writeFileSync(settings, wechatSettings())
  const account = ["accounts", "set", "M10003", "wechat", "main", "--pay-types", "WECHAT", "--settings"]
  assert.equal((await json(...account, settings, ...WHO)).accountVersion, 1)
  const first = purchase()
  const paid = await callAs(signer, "applypay", first)
  assert.equal(paid.data.pay_status, "PS_SUCCESS")
  // another serial number, that the channel does not know: the order of before keeps its own
  writeFileSync(settings, wechatSettings({ serialNo: "OTHER" }))
  const unasked = await admin(...account, settings, ...WHO)
  assert.match(unasked.err, /no terminal to ask on/)
  assert.equal((await json(...account, settings, ...WHO, "--yes")).accountVersion, 2)
  assert.notEqual((await callAs(signer, "applypay", purchase())).data.pay_status, "PS_SUCCESS")
  assert.equal((await callAs(signer, "reverse", { out_request_no: first.out_request_no })).code, "SUCCESS")
  await until(
    () => wechatBooks(running, paid.data.pay_out_trade_no),
    ({ returned }) => returned === 1200,
  )

  const listed = await admin("accounts", "list", "M10003")
  assert.match(listed.out, /CT_WECHAT through wechat main, version 2/)
  assert.match(listed.out, /settings mchid, appid, serialNo, privateKeyPem/)
  assert.match(listed.out, /wechat main, version 1\n.*\n.*\n {2}used by {2}no pay type/)
  for (const { out } of [listed, await admin("accounts", "list", "M10003", "--json")]) {
    assert.doesNotMatch(out, /wx8888888888888888|BEGIN|LOCAL0001/)
  }

  const use = (version: string) => ["accounts", "use", "M10003", "wechat", "main", version, ...WHO]
  assert.match((await admin(...use("3"), "--yes")).err, /^refused: M10003 has no wechat main, version 3/)
  assert.match((await admin(...use("1"))).err, /no terminal to ask on/)
  assert.deepEqual((await json(...use("1"), "--yes")).payTypes, ["CT_WECHAT"])
  const back = await callAs(signer, "applypay", purchase())
  assert.equal(back.data.pay_status, "PS_SUCCESS", "the very next payment goes by the version before")
  assert.match((await admin("accounts", "list", "M10003")).out, /CT_WECHAT through wechat main, version 1/)
  const [, outcome] = (await auditOf("M10003/wechat/main")).slice(-2)
  assert.deepEqual([outcome?.action, outcome?.detail], ["accounts use outcome", "done"])

  await json("accounts", "switch-off", "M10003", "WECHAT", ...WHO, "--yes")
  const unused = await admin(...use("2"), "--yes")
  assert.match(unused.err, /no pay type uses wechat main now: say which with --pay-types/)
  assert.equal((await callAs(signer, "applypay", purchase())).data.pay_err_code, "PAY_METHOD_OFF")
  const twice = await admin("accounts", "switch-off", "M10003", "CT_WECHAT", ...WHO, "--yes")
  assert.match(twice.err, /^refused: M10003 takes no CT_WECHAT/)
  const trail = await auditOf("M10003/wechat/main")
  assert.equal(
    trail[0]?.detail,
    "version 1 of mchid, appid, serialNo, privateKeyPem, publicKeyId, publicKeyPem, agreementProduct for CT_WECHAT: contract 2026-17",
  )
  assert.doesNotMatch(
    JSON.stringify(await json("audit", "--limit", "1000")),
    /wx8888888888888888|BEGIN|LOCAL0001/,
  )
})

test("a merchant's number is taken once, and what is not there is said so", async () => {
  const taken = await admin("merchants", "add", "M10002", "--name", "x", ...WHO)
  assert.deepEqual([taken.code, taken.err], [1, "refused: there is a merchant M10002 already\n"])
  for (const command of [
    ["merchants", "show", "M9"],
    ["merchants", "disable", "M9", ...WHO, "--yes"],
    ["shops", "list", "M9"],
    ["shops", "set", "M9", "S1", "--name", "x", ...WHO],
    ["api-keys", "revoke", "M9", "K1", ...WHO, "--yes"],
    ["accounts", "switch-off", "M9", "WECHAT", ...WHO, "--yes"],
  ]) {
    const { code, err } = await admin(...command)
    assert.deepEqual([code, err], [1, "refused: there is no merchant M9\n"])
  }
  const foreign = await admin("api-keys", "revoke", "M10002", "K3", ...WHO, "--yes")
  assert.match(foreign.err, /^refused: M10002 has no key K3/)
})

test("a profile is changed in parts, and other days only after a question", async () => {
  await json(
    "merchants",
    "set",
    "M10002",
    "--name",
    "站前百货",
    "--category",
    "零售",
    "--sub-category",
    "百货",
    ...WHO,
  )
  const zone = ["merchants", "set", "M10002", "--time-zone", "asia/urumqi", ...WHO]
  assert.match((await admin(...zone)).err, /no terminal to ask on/)
  await json(...zone, "--yes")
  await json("merchants", "set", "M10002", "--sub-category", "", ...WHO)
  const { name, timeZone, category, subCategory, version } = await json("merchants", "show", "M10002")
  assert.deepEqual([name, timeZone, category, subCategory], ["站前百货", "Asia/Urumqi", "零售", undefined])
  assert.equal(version, 4)
})

test("a shop's phone number is encrypted, shown in part, and gone with the shop", async () => {
  const phone = "0755-83210001"
  const set = ["shops", "set", "M10002", "SZTX009"]
  const nameless = await admin(...set, "--phone", phone, ...WHO)
  assert.deepEqual([nameless.code, nameless.err], [2, "metro-pay: a new shop needs --name TEXT\n"])
  const place = ["--longitude=114.057868", "--latitude", "22.543099", "--average-spend", "38.5"]
  await json(...set, "--name", "口岸店", "--address", "深圳市福田区", "--phone", phone, ...place, ...WHO)
  await json(...set, "--name", "口岸一店", ...WHO)
  const [shop] = await json<Record<string, unknown>[]>("shops", "list", "M10002")
  assert.deepEqual(shop, {
    merchantId: "M10002",
    storeId: "SZTX009",
    name: "口岸一店",
    address: "深圳市福田区",
    phone: "********0001",
    longitude: 114.057868,
    latitude: 22.543099,
    averageSpendFen: 3850,
  })
  const half = await admin(...set, "--longitude", "", ...WHO)
  assert.match(half.err, /a place has both --longitude and --latitude/)

  const stored = async () => {
    const { Items } = await dynamodb.send(new ScanCommand({ TableName: running.platform.tables.settings }))
    return JSON.stringify(Items?.filter((it) => it.pk?.S === "S#M10002"))
  }
  assert.match(await stored(), /口岸一店/)
  assert.doesNotMatch(await stored(), /83210001/)
  await json("shops", "remove", "M10002", "SZTX009", ...WHO, "--yes")
  assert.doesNotMatch(await stored(), /口岸|福田|"se"/)
  assert.match((await admin("shops", "list", "M10002")).out, /M10002 has no shops yet/)
  assert.match(
    (await admin("shops", "remove", "M10002", "SZTX009", ...WHO, "--yes")).err,
    /has no shop SZTX009/,
  )
  await json(...set, "--name", "新店", ...WHO)
  assert.equal((await json<unknown[]>("shops", "list", "M10002")).length, 1)
  assert.doesNotMatch(JSON.stringify(await json("audit", "--limit", "1000")), /83210001/)
})

test("wrong settings are named, never shown, and change nothing", async () => {
  const secret = "s3cret-that-must-not-be-seen"
  const wrong: [string, RegExp][] = [
    ["", /standard input is empty/],
    [`{"mchid": "${secret}`, /--settings: not JSON/],
    [`["${secret}"]`, /a JSON object of texts is expected/],
    [wechatSettings({ mchid: 1900000101 }), /not a text: "mchid"/],
    [wechatSettings({ mchid: secret }), /wrong or missing: WeChat account settings: mchid/],
    [wechatSettings({ serialNo: undefined }), /serialNo/],
    [wechatSettings({ privateKeyPem: secret }), /WeChat account settings: privateKeyPem/],
    [wechatSettings({ apiv3key: secret }), /there is no setting "apiv3key"/],
    [wechatSettings({ appid: "x".repeat(70_000) }), /standard input is too large/],
  ]
  for (const [input, says] of wrong) {
    const { code, out, err } = await runAdmin(
      [
        "accounts",
        "set",
        "M10002",
        "wechat",
        "main",
        "--pay-types",
        "WECHAT",
        "--settings",
        "-",
        ...WHO,
        "--data",
        running.dataDir,
      ],
      {},
      input,
    )
    assert.deepEqual([code, out], [2, ""])
    assert.match(err, says)
    assert.doesNotMatch(err, /s3cret|BEGIN/)
  }
  assert.doesNotMatch((await admin("accounts", "list", "M10002")).out, /main/)
})

test("a customer's agreements are listed without the contracts' numbers", async () => {
  const listed = await json<{ merchantId: string; contractId: string }[]>("agreements", "list", "U10001")
  assert.equal(listed.length, 3)
  for (const { merchantId, contractId } of listed) {
    assert.equal(merchantId, "M10001")
    assert.match(contractId, /^….{4}$/)
  }
  assert.match((await admin("agreements", "list", "U10002")).out, /U10002 has no agreement/)
})

test("what is written wrongly is one clear line and status 2, and nothing is done", async () => {
  const privateFile = join(running.dataDir, "private.pem")
  const halfFile = join(running.dataDir, "half.pem")
  const { pem, privateKey } = newKey("whole.pem")
  writeFileSync(privateFile, privateKey.export({ format: "pem", type: "pkcs8" }))
  writeFileSync(halfFile, pem.slice(0, 60))
  const merchant = (...args: string[]) => ["merchants", ...args]
  const shop = (...args: string[]) => ["shops", "set", "M10002", "S1", ...args, ...WHO]
  const key = (file: string) => ["api-keys", "add", "M10002", "K9", "--public-key", file, ...WHO]
  const account = (...args: string[]) => ["accounts", "set", "M10002", ...args, ...WHO]
  const { version } = await json("merchants", "show", "M10002")
  const wrong: [string, string[], RegExp][] = [
    ["a merchant's number with a slash", merchant("show", "M/1"), /1 to 32 characters/],
    ["a merchant's number of 33", merchant("show", "M".repeat(33)), /1 to 32 characters/],
    ["an empty merchant's number", merchant("add", "", "--name", "x", ...WHO), /1 to 32 characters/],
    ["a merchant without a name", merchant("add", "M10002", ...WHO), /--name TEXT is needed/],
    ["a change of nothing", merchant("set", "M10002", ...WHO), /say what to change/],
    ["a shop's number with a tab", ["shops", "set", "M10002", "S\t1", ...WHO], /1 to 32 printable/],
    ["a shop without anything", shop(), /say what to set/],
    ["a key id with a slash", ["api-keys", "add", "M10002", "M9/K1", ...WHO], /a key id is 1 to 64/],
    ["no key", ["api-keys", "add", "M10002", "K1", ...WHO], /--public-key FILE is needed/],
    ["a key that is not there", key("/no/such/key.pem"), /there is no such file/],
    ["a folder as the key", key(running.dataDir), /it is a folder/],
    ["a private key", key(privateFile), /this is a private key: it must never leave its owner/],
    ["half a key", key(halfFile), /--public-key: the PEM cannot be read/],
    ["a channel that is none", account("paypal", "main"), /a channel is one of wechat/],
    ["an account with a #", account("wechat", "a#1"), /an account id is/],
    [
      "a version that is none",
      ["accounts", "use", "M10002", "wechat", "main", "v1", ...WHO],
      /a version is a number/,
    ],
    ["no pay types", account("wechat", "main"), /--pay-types A,B is needed/],
    [
      "another channel's pay type",
      account("wechat", "main", "--pay-types", "ALIPAY"),
      /cannot take CT_ALIPAY/,
    ],
    ["no settings", account("wechat", "main", "--pay-types", "WECHAT"), /--settings FILE is needed/],
    ["a customer's number with a blank", ["agreements", "list", "U 1"], /a customer's number is/],
  ]
  for (const [what, args, says] of wrong) {
    const { code, out, err } = await admin(...args)
    assert.deepEqual([code, out], [2, ""], what)
    assert.match(err, /^metro-pay: [^\n]+\n$/, what)
    assert.match(err, says, what)
    assert.doesNotMatch(err, /BEGIN [A-Z]+ KEY-----./)
  }
  assert.equal((await json("merchants", "show", "M10002")).version, version)
})
