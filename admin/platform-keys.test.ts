/** The platform's own keys by command line, against a running platform. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { DynamoDBClient, ScanCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb"
import { clientOptions } from "../local/account.ts"
import { helper, type Running, runPlatform, Till } from "../test/journeys/running-platform.ts"
import { type Ended, admin as runAdmin } from "./running-admin.ts"

const WHO = ["--operator", "li.na", "--reason", "yearly change"]
const DAY_MS = 86_400_000

let running: Running
let dynamodb: DynamoDBClient
let aheadMs = 0
let number = 0

before(async () => {
  running = await runPlatform()
  const { endpoints, credentials } = running.platform
  dynamodb = new DynamoDBClient(clientOptions(endpoints.dynamodb, credentials))
})
after(async () => {
  dynamodb?.destroy()
  await running?.stop()
})

const admin = (...args: string[]): Promise<Ended> =>
  runAdmin(["platform-keys", ...args, "--data", running.dataDir])

async function done(...args: string[]): Promise<string> {
  const { code, out, err } = await admin(...args)
  assert.equal(code, 0, err)
  return out
}

async function refused(...args: string[]): Promise<string> {
  const { code, err } = await admin(...args)
  assert.equal(code, 1, err)
  return err
}

type Listed = {
  signing: { keyId: string; state: string }[]
  data: { version: number; state: string }[]
}
const listed = async () => JSON.parse(await done("list", "--json")) as Listed
const nextSigner = async () => (await listed()).signing.find(({ state }) => state === "next")?.keyId ?? ""

async function advance(ms: number): Promise<void> {
  const { now } = await helper<{ now: string }>(running, "POST", "/local/clock", { advance_ms: ms })
  aheadMs = Date.parse(now) - Date.now()
}

async function pay(merchantId: string, totalFee: number): Promise<string> {
  number += 1
  const nowMs = Date.now() + aheadMs
  const till = new Till(running, merchantId)
  const qrcode = `1345678901234577${String(number).padStart(2, "0")}`
  const input = { out_request_no: `P${number}`, qrcode, body: "早餐", total_fee: totalFee, store_id: "S1" }
  const { path, body, headers } = till.sign("applypay", input, nowMs)
  const answer = await fetch(running.url + path, { method: "POST", headers, body: new Uint8Array(body) })
  const { data } = (await answer.json()) as { data: { pay_status: string } }
  return data.pay_status
}

/** Everything in both tables but what the audit log says. */
async function tables(): Promise<string> {
  const { main, settings } = running.platform.tables
  const read = await Promise.all(
    [main, settings].map((TableName) => dynamodb.send(new ScanCommand({ TableName, ConsistentRead: true }))),
  )
  const items = read.flatMap(({ Items = [] }) => Items).map((it) => JSON.stringify(it))
  return items
    .filter((it) => !it.includes("AUDIT#"))
    .sort()
    .join("\n")
}

test("the list shows ids, states and times, and no secret", async () => {
  const out = await done("list")
  assert.match(out, /^ {2}[0-9A-Z]{26} {2}signs since \d{4}-\d\d-\d\d /m)
  assert.match(out, /^ {2}1 {2}seals since /m)
  const json = await done("list", "--json")
  for (const secret of ["wrapped", "publicKey", "private"]) assert.ok(!json.includes(secret))
})

test("without a next key the rehearsal takes the present ones, and says so", async () => {
  const out = await done("rehearse")
  assert.match(out, /the one that signs now: no next one waits/)
  assert.match(out, /data key 1, the one that seals now/)
})

test("nothing is rotated or withdrawn without a reason, a person's word, or a key of that name", async () => {
  assert.equal((await admin("rotate", "signing")).code, 2)
  assert.equal((await admin("rotate", "root", ...WHO)).code, 2)
  assert.match(await refused("rotate", "signing", ...WHO), /no terminal to ask on: write --yes/)
  assert.match(await refused("withdraw", "K404", ...WHO, "--yes"), /no key K404 is in the list/)
  assert.match(await refused("retire", "1", ...WHO, "--yes"), /make another first/)
  assert.match(await refused("retire", "9", ...WHO, "--yes"), /no such data key/)
  assert.equal((await listed()).signing.length, 1)
})

test("the rehearsal plays the day's orders with the next keys, and changes nothing at all", async () => {
  const statuses = [
    await pay("M10001", 1200),
    await pay("M10001", 1901),
    await pay("M10001", 1903),
    await pay("M10002", 500),
  ]
  assert.deepEqual(statuses, ["PS_SUCCESS", "PS_FAILED", "PS_PAYING", "PS_SUCCESS"])
  await done("rotate", "signing", ...WHO, "--yes")
  await done("rotate", "data", ...WHO, "--yes")
  assert.match(await refused("rotate", "signing", ...WHO, "--yes"), /waits already/)
  // The list is served from memory for a minute. Undoing of what is not final goes on until it is.
  await advance(61_000)
  const next = await nextSigner()
  const before = await tables()
  const out = await done("rehearse")
  assert.match(out, new RegExp(`signing {2}${next}, the next one`))
  assert.match(out, /orders {3}4 of \d{4}-\d\d-\d\d: 4 answers verified, 0 failed/)
  assert.match(out, /speed {4}\d+\.\d\d ms to sign, \d+\.\d\d ms to verify/)
  assert.match(out, /data key 2, the next one/)
  assert.match(out, /secrets {2}2: 2 opened, sealed anew and opened again, 0 failed/)
  assert.match(await done("rehearse", "M10002"), /orders {3}1 of/)
  assert.match(await done("rehearse", "--limit", "2"), /orders {3}2 of/)
  const settings = (all: string) =>
    all
      .split("\n")
      .filter((it) => !it.includes('"O#'))
      .join("\n")
  assert.equal(settings(await tables()), settings(before))
})

test("a next key that merchants could not verify fails the rehearsal, with the reason", async () => {
  const next = await nextSigner()
  const { settings } = running.platform.tables
  const publicKeyOf = async (): Promise<{ index: number; bytes: Uint8Array }> => {
    const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: settings }))
    const keys = Items.find((it) => it.pk?.S === "PLATFORM")?.sg?.L ?? []
    const index = keys.findIndex(({ M }) => M?.i?.S === next)
    return { index, bytes: keys[index]?.M?.p?.B ?? new Uint8Array() }
  }
  const { index, bytes } = await publicKeyOf()
  const put = (B: Uint8Array) =>
    dynamodb.send(
      new UpdateItemCommand({
        TableName: settings,
        Key: { pk: { S: "PLATFORM" }, sk: { S: "SECRETS" } },
        UpdateExpression: `SET sg[${index}].p = :p`,
        ExpressionAttributeValues: { ":p": { B } },
      }),
    )
  // Another modulus: the last byte of the number before the exponent.
  await put(Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 6 ? byte ^ 2 : byte)))
  await advance(61_000)
  const { code, err } = await admin("rehearse")
  assert.equal(code, 1)
  assert.match(err, /4 of \d{4}-\d\d-\d\d: 0 answers verified, 4 failed/)
  assert.match(err, /M1000\d \d{26}: the signature does not verify/)
  assert.match(err, /refused: 4 of 6 failed/)
  await put(bytes)
})

test("secrets are sealed anew, payments go on, and the old key can be retired then and not before", async () => {
  await advance(DAY_MS)
  assert.equal(await pay("M10001", 700), "PS_SUCCESS")
  assert.match(await refused("retire", "1", ...WHO, "--yes"), /sealed for less than 24 hours/)
  await advance(DAY_MS)
  assert.match(await refused("retire", "1", ...WHO, "--yes"), /seal them anew first/)
  const resealed = JSON.parse(await done("reseal", ...WHO, "--json"))
  assert.deepEqual(resealed, { values: 2, resealed: 2, overtaken: 0 })
  const again = JSON.parse(await done("reseal", ...WHO, "--json"))
  assert.deepEqual(again, { values: 2, resealed: 0, overtaken: 0 })
  assert.equal(await pay("M10001", 800), "PS_SUCCESS")
  assert.match(await done("retire", "1", ...WHO, "--yes"), /Data key 1 is retired/)
  await advance(DAY_MS + 600_000)
  assert.equal(await pay("M10001", 900), "PS_SUCCESS", "the secrets open under the new key alone")
  assert.match(await done("rehearse"), /data key 2, the one that seals now/)
  assert.match(await done("list"), /^ {2}1 {2}retired on .*\n {2}2 {2}seals since /m)
})

test("what was done stands in the audit log, each before and after", async () => {
  await done("rotate", "signing", ...WHO, "--yes")
  const next = await nextSigner()
  assert.match(await done("withdraw", next, ...WHO, "--yes"), /out of the list/)
  const log = await runAdmin(["audit", "--data", running.dataDir])
  assert.match(log.out, new RegExp(`li\\.na {2}platform-keys withdraw {2}${next} {2}yearly change`))
  assert.match(
    log.out,
    new RegExp(`li\\.na {2}platform-keys withdraw outcome {2}${next} {2}.*out of the list`),
  )
  assert.match(log.out, /li\.na {2}platform-keys rotate {2}signing {2}yearly change/)
})
