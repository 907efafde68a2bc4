/** A13, A14: a customer's memberships and phone number, with the merchant's own server hearing of them. */
import assert from "node:assert/strict"
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { admin as runAdmin } from "../../admin/running-admin.ts"
import { startPlatform } from "../../local/platform.ts"
import type { Notice } from "../../sdk/notification-receiver.ts"
import { type Manner, MerchantEndpoint } from "./merchant-endpoint.ts"
import { Phone, type Running, runPlatform, until } from "./running-platform.ts"

let running: Running
let members: MerchantEndpoint
let phones: MerchantEndpoint
let other: MerchantEndpoint
let number = 0

before(async () => {
  running = await runPlatform()
  members = await MerchantEndpoint.open(running, "M10001")
  phones = await MerchantEndpoint.open(running, "M10001")
  other = await MerchantEndpoint.open(running, "M10002")
  await set("M10001", "--membership-url", members.url, "--phone-url", phones.url)
})
after(async () => {
  await members?.close()
  await phones?.close()
  await other?.close()
  await running?.platform.close()
  if (running) rmSync(running.dataDir, { recursive: true, force: true })
})

const admin = async (...args: string[]) => {
  const who = ["--operator", "li.na", "--reason", "members"]
  const { code, err } = await runAdmin([...args, ...who, "--data", running.dataDir])
  assert.equal(code, 0, err)
}
const set = (merchantId: string, ...what: string[]) => admin("merchants", "set", merchantId, ...what)

const says =
  (body: unknown, status = 200): Manner =>
  (_attempt, response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))

type Member = { uid: string; app: Phone; phone: string }

/** A customer with a number of their own. */
async function customer(): Promise<Member> {
  number += 1
  const uid = `UM${number}`
  const phone = `1380077${String(number).padStart(4, "0")}`
  const app = await Phone.of(running, uid)
  assert.equal((await app.call("POST", "/phone", { phone })).code, "SUCCESS")
  return { uid, app, phone }
}

const change = (app: Phone, how: "open" | "leave", merchant_id = "M10001") =>
  app.call("POST", `/memberships/${how}`, { merchant_id })

async function membershipOf(app: Phone, merchantId = "M10001") {
  const { data } = await app.call("GET", "/memberships")
  const all = data.memberships as { merchant_id: string; vip_status: string; status: string }[]
  return all.find(({ merchant_id }) => merchant_id === merchantId)
}

const heardBy = (endpoint: MerchantEndpoint, uid: string, type?: Notice["event_type"]) =>
  endpoint.heard.filter(
    ({ notice }) =>
      "phone" in notice.data && notice.data.uid === uid && (type === undefined || notice.event_type === type),
  )

const whenTold = (endpoint: MerchantEndpoint, uid: string, type: Notice["event_type"], withinMs = 20_000) =>
  until(
    async () => heardBy(endpoint, uid, type),
    (heard) => heard.length > 0,
    withinMs,
  )

test("opening tells the merchant uid and phone, and the app what the merchant said, in one call", async () => {
  members.manner = says({ vip_status: "ACTIVE" })
  const { uid, app, phone } = await customer()
  const { data } = await change(app, "open")
  assert.deepEqual([data.vip_status, data.status, data.merchant_id], ["ACTIVE", "DONE", "M10001"])
  const [heard, ...more] = heardBy(members, uid)
  assert.equal(more.length, 0)
  assert.equal(heard?.notice.event_type, "member.opened")
  assert.deepEqual(heard?.notice.data, { uid, merchant_id: "M10001", phone })
  const shown = await membershipOf(app)
  assert.deepEqual([shown?.vip_status, shown?.status], ["ACTIVE", "DONE"])
})

test("opening and leaving twice tells the merchant once of each", async () => {
  members.manner = says({ code: "SUCCESS", data: { vip_status: "ACTIVE" } })
  const { uid, app } = await customer()
  await change(app, "open")
  assert.equal((await change(app, "open")).data.vip_status, "ACTIVE")
  await change(app, "leave")
  const { data } = await change(app, "leave")
  assert.deepEqual([data.vip_status, data.status], ["CLOSED", "DONE"])
  // The effects have passed by now, once somebody after them was told by them.
  const later = await customer()
  await change(later.app, "open")
  assert.equal((await later.app.call("POST", "/phone", { phone: "+85290017001" })).code, "SUCCESS")
  await whenTold(phones, later.uid, "member.phone_changed")
  assert.deepEqual(
    heardBy(members, uid).map(({ notice }) => notice.event_type),
    ["member.opened", "member.left"],
  )
})

test("a merchant that says nothing readable has confirmed nothing", async () => {
  members.manner = (_attempt, response) => response.writeHead(204).end()
  const { app } = await customer()
  const { data } = await change(app, "open")
  assert.deepEqual([data.vip_status, data.status], ["UNACTIVE", "DONE"])
})

test("while the merchant is down the app hears PENDING; the same event comes again until it is up", async () => {
  members.manner = says({ error: "down" }, 503)
  const { uid, app } = await customer()
  const { data } = await change(app, "open")
  assert.deepEqual([data.vip_status, data.status], ["UNACTIVE", "PENDING"])
  members.manner = says({ vip_status: "ACTIVE" })
  await until(
    () => membershipOf(app),
    (it) => it?.vip_status === "ACTIVE" && it.status === "DONE",
    30_000,
  )
  const ids = heardBy(members, uid).map(({ notice }) => notice.event_id)
  assert.ok(ids.length >= 2)
  assert.equal(new Set(ids).size, 1)
})

test("a merchant that is too slow is not waited for longer than 5 s, and hears again", async () => {
  members.manner = (attempt, response) => {
    if (attempt > 1) response.writeHead(200).end('{"vip_status":"ACTIVE"}')
  }
  const { app } = await customer()
  const startedMs = performance.now()
  const { data } = await change(app, "open")
  assert.ok(performance.now() - startedMs < 9_000)
  assert.equal(data.status, "PENDING")
  await until(
    () => membershipOf(app),
    (it) => it?.vip_status === "ACTIVE",
    45_000,
  )
})

test("who leaves before the merchant heard of the opening is never taken for a member afterwards", async () => {
  members.manner = says({ error: "down" }, 503)
  const { uid, app } = await customer()
  await change(app, "open")
  const openedTimes = () => heardBy(members, uid, "member.opened").length
  const { data } = await change(app, "leave")
  assert.deepEqual([data.vip_status, data.status], ["CLOSED", "PENDING"])
  const before = openedTimes()
  members.manner = says({ vip_status: "ACTIVE" })
  const gone = await until(
    () => membershipOf(app),
    (it) => it?.status === "DONE",
    30_000,
  )
  assert.equal(gone?.vip_status, "CLOSED")
  assert.equal(heardBy(members, uid).at(-1)?.notice.event_type, "member.left")
  assert.equal(openedTimes(), before)
})

test("a new number is told to every merchant whose member the customer is, and to no other", async () => {
  members.manner = says({ vip_status: "ACTIVE" })
  await set("M10002", "--membership-url", other.url, "--phone-url", other.url)
  other.manner = says({ vip_status: "ACTIVE" })
  const staying = await customer()
  const leaving = await customer()
  for (const { app } of [staying, leaving]) {
    await change(app, "open")
    await change(app, "open", "M10002")
  }
  await change(leaving.app, "leave", "M10002")
  const changeTo = ({ app }: Member, phone: string) => app.call("POST", "/phone", { phone })
  assert.equal((await changeTo(leaving, "+85290017002")).data.phone, "+852****7002")
  await whenTold(phones, leaving.uid, "member.phone_changed")
  assert.equal((await changeTo(staying, "13900170003")).data.phone, "139****0003")
  const [atOther] = await whenTold(other, staying.uid, "member.phone_changed")
  const [atFirst] = await whenTold(phones, staying.uid, "member.phone_changed")
  assert.deepEqual(atOther?.notice.data, { uid: staying.uid, merchant_id: "M10002", phone: "13900170003" })
  assert.deepEqual(atFirst?.notice.data, { uid: staying.uid, merchant_id: "M10001", phone: "13900170003" })
  assert.equal(heardBy(other, leaving.uid, "member.phone_changed").length, 0)
})

test("nobody becomes a member without a number, of an unknown merchant, or of one that takes none or is disabled", async () => {
  const nobody = await Phone.of(running, "UM-without")
  assert.equal((await change(nobody, "open")).code, "PHONE_REQUIRED")
  assert.deepEqual((await nobody.call("GET", "/phone")).data, {})
  const { app } = await customer()
  assert.equal((await change(app, "open", "M99999")).code, "MEMBERSHIP_NOT_OFFERED")
  assert.equal((await change(app, "leave")).code, "MEMBERSHIP_NOT_FOUND")
  await set("M10002", "--membership-url", "")
  assert.equal((await change(app, "open", "M10002")).code, "MEMBERSHIP_NOT_OFFERED")
  members.manner = says({ vip_status: "ACTIVE" })
  await change(app, "open")
  await admin("merchants", "disable", "M10001", "--yes")
  const late = await customer()
  assert.equal((await change(late.app, "open")).code, "MERCHANT_DISABLED")
  assert.equal((await change(app, "leave")).data.vip_status, "CLOSED")
  await admin("merchants", "enable", "M10001")
})

test("one number is one customer's: nobody takes it, and it is free once they have another", async () => {
  const first = await customer()
  const second = await customer()
  const take = () => second.app.call("POST", "/phone", { phone: `+86${first.phone}` })
  const refused = await take()
  assert.deepEqual([refused.status, refused.code], [409, "PHONE_TAKEN"])
  assert.ok(!JSON.stringify(refused).includes(first.uid))
  await first.app.call("POST", "/phone", { phone: "13900170009" })
  assert.equal((await take()).code, "SUCCESS")
  for (const phone of ["12345678901", "0085290001234", "+8612345678", "", "+1"]) {
    assert.equal((await first.app.call("POST", "/phone", { phone })).code, "INVALID_PARAMETER", phone)
  }
})

test("what a merchant has not heard survives a restart, and its address can be put right meanwhile", async () => {
  await set("M10001", "--membership-url", "http://127.0.0.1:9/nobody")
  const { uid, app } = await customer()
  assert.equal((await change(app, "open")).data.status, "PENDING")
  const { platform, dataDir } = running
  await platform.close()
  running.platform = await startPlatform({ port: platform.port, dataDir, speed: 20, log: () => {} })
  members.manner = says({ vip_status: "ACTIVE" })
  await set("M10001", "--membership-url", members.url)
  await until(
    () => membershipOf(app),
    (it) => it?.vip_status === "ACTIVE",
    45_000,
  )
  assert.equal(heardBy(members, uid).length, 1)
})

test("no number stands in clear in the tables' files or in any log", async () => {
  members.manner = says({ vip_status: "ACTIVE" })
  const { uid, app, phone } = await customer()
  await change(app, "open")
  await until(
    async () => filesWith(uid),
    (files) => files.length > 0,
  )
  assert.deepEqual(filesWith(phone), [])
})

function filesWith(text: string): string[] {
  return readdirSync(running.dataDir, { recursive: true, encoding: "utf8" })
    .map((name) => join(running.dataDir, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text))
}
