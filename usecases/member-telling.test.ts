/** What merchants hear of members when things come doubled, late, in another order or not at all; on real stores. */
import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { ATTEMPT_LEASE_MS, type Notification } from "../domain/notification.ts"
import { endpointPaceStore } from "../persistence/endpoint-pace-store.ts"
import { memberMerchants } from "../persistence/member-merchants.ts"
import { membershipStore } from "../persistence/membership-store.ts"
import { merchantRegistry } from "../persistence/merchant-registry.ts"
import { notificationStore } from "../persistence/notification-store.ts"
import { phoneStore } from "../persistence/phone-store.ts"
import { fieldSeals, onlyKey } from "../persistence/sealed-fields.ts"
import { undeliveredNews } from "../persistence/undelivered-news.ts"
import {
  MAIN_TABLE,
  type RunningTables,
  SETTINGS_TABLE,
  startTables,
} from "../test/conformance/dynamodb-tables.ts"
import { setPhone } from "./customer-phone.ts"
import { endpointPace } from "./endpoint-pace.ts"
import { memberSender } from "./member-sender.ts"
import { leaveMembership, type MembershipPorts, openMembership } from "./memberships.ts"
import type { NotificationMessage, SendOutcome } from "./notification-ports.ts"
import { type SendNotificationPorts, sendNotification } from "./send-notification.ts"
import { tellOfMembership, tellOfPhone } from "./tell-members.ts"

const MERCHANT = "M1"
const URLS = { membershipUrl: "https://shop.example/members", phoneUrl: "https://shop.example/phones" }
const WORLD_MS = Date.parse("2026-10-14T04:00:00Z")
const UP: SendOutcome = { received: true, outcome: "status 200", answer: '{"vip_status":"ACTIVE"}' }
const DOWN: SendOutcome = { received: false, outcome: "status 503" }

let tables: RunningTables
let nowMs = WORLD_MS
let people = 0
/** What reached the merchant. */
let sent: Notification[] = []
/** Messages on their way. */
let queued: NotificationMessage[] = []
let merchantSays: (notification: Notification) => Promise<SendOutcome> = async () => UP
let queueWorks = true

const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }

before(async () => {
  tables = await startTables()
  const registry = merchantRegistry(tables.client, SETTINGS_TABLE)
  await registry.add(MERCHANT, { name: "店", timeZone: "Asia/Shanghai", ...URLS }, WORLD_MS)
})
after(() => tables?.close())
beforeEach(() => {
  nowMs += 3_600_000
  sent = []
  queued = []
  queueWorks = true
  merchantSays = async () => UP
})

const stores = () => ({
  memberships: membershipStore(tables.client, MAIN_TABLE),
  memberMerchants: memberMerchants(tables.client, SETTINGS_TABLE),
  phones: phoneStore(
    tables.client,
    MAIN_TABLE,
    fieldSeals(async () => onlyKey(Buffer.alloc(32, 7))),
    async () => Buffer.alloc(32, 8),
  ),
  notifications: notificationStore(tables.client, MAIN_TABLE),
  notificationQueues: {
    async send(_queue: string, message: NotificationMessage) {
      if (!queueWorks) throw new Error("the queue is away")
      queued.push(message)
    },
  },
})

function sending(): SendNotificationPorts {
  const all = stores()
  return {
    ...all,
    clock,
    random: { id: () => `holder-${Math.random()}` },
    endpoints: endpointPace(endpointPaceStore(tables.client, MAIN_TABLE)),
    undelivered: undeliveredNews(tables.client, MAIN_TABLE),
    planMs: [15_000, 15_000],
    sender: memberSender(
      { ...all, clock },
      {
        async send(notification) {
          sent.push(notification)
          return merchantSays(notification)
        },
      },
    ),
  }
}

const faults: unknown[] = []
const ports = (): MembershipPorts => ({
  ...stores(),
  clock,
  triedForMs: 86_400_000,
  sending: sending(),
  noteFault: (fault) => faults.push(fault),
})

async function customer(): Promise<string> {
  people += 1
  const phone = `+861380000${String(people).padStart(4, "0")}`
  await setPhone({ clock, ...stores(), unprovenAllowed: true }, `U${people}`, phone, undefined)
  return `U${people}`
}

/** As the effects do, from the record of the present item. */
async function effects(uid: string): Promise<void> {
  const after = await stores().memberships.read(uid, MERCHANT)
  if (after) await tellOfMembership(stores(), { after })
}

/** Everything that is on its way arrives, once. */
async function deliver(): Promise<void> {
  for (const message of queued.splice(0)) await sendNotification(sending(), message, "repeats")
}

const statusOf = async (uid: string) => {
  const found = await stores().memberships.read(uid, MERCHANT)
  return [found?.vipStatus, found?.told]
}
const types = () => sent.map(({ type }) => type)

test("a call that dies after its write is carried on by the effects, once, however often they run", async () => {
  const uid = await customer()
  queueWorks = false
  const answer = await openMembership(ports(), uid, MERCHANT)
  assert.ok(answer.ok && answer.shown.telling === "PENDING")
  assert.equal(faults.length, 1)
  queueWorks = true
  await effects(uid)
  await effects(uid)
  await deliver()
  await effects(uid)
  assert.deepEqual([queued, types()], [[], ["member.opened"]])
  assert.deepEqual(await statusOf(uid), ["ACTIVE", true])
})

test("an attempt that died within the call is made again by the message that was sent before it", async () => {
  const uid = await customer()
  merchantSays = () => Promise.reject(new Error("killed"))
  await openMembership(ports(), uid, MERCHANT)
  merchantSays = async () => UP
  await effects(uid)
  assert.equal(queued.length, 1)
  nowMs += ATTEMPT_LEASE_MS + 1_000
  await deliver()
  assert.deepEqual(await statusOf(uid), ["ACTIVE", true])
  const [one, other] = sent
  assert.equal(one?.eventId, other?.eventId)
})

test("an opening that was left again is not sent any more, and its message ends", async () => {
  const uid = await customer()
  merchantSays = async () => DOWN
  await openMembership(ports(), uid, MERCHANT)
  nowMs += 1_000
  await leaveMembership(ports(), uid, MERCHANT)
  merchantSays = async () => UP
  sent = []
  nowMs += 60_000
  await deliver()
  await deliver()
  assert.deepEqual(types(), ["member.left"])
  assert.deepEqual(await statusOf(uid), ["CLOSED", true])
  assert.deepEqual(queued, [])
})

test("while the merchant still works at the opening, the leaving waits for it", async () => {
  const uid = await customer()
  merchantSays = async ({ type }) => {
    if (type !== "member.opened") return UP
    const answer = await leaveMembership(ports(), uid, MERCHANT)
    assert.ok(answer.ok && answer.shown.telling === "PENDING")
    assert.deepEqual(types(), ["member.opened"])
    return UP
  }
  await openMembership(ports(), uid, MERCHANT)
  assert.deepEqual(await statusOf(uid), ["CLOSED", false])
  nowMs += 60_000
  await deliver()
  assert.deepEqual(
    [types(), await statusOf(uid)],
    [
      ["member.opened", "member.left"],
      ["CLOSED", true],
    ],
  )
})

test("what is kept and queued holds no number; what is sent holds the one of that moment", async () => {
  const uid = await customer()
  merchantSays = async () => DOWN
  await openMembership(ports(), uid, MERCHANT)
  await setPhone({ clock, ...stores(), unprovenAllowed: true }, uid, "+85290001234", undefined)
  const changed = await stores().phones.read(uid)
  await tellOfPhone(stores(), { uid, changedAtMs: changed?.changedAtMs ?? 0 })
  const kept = await Promise.all(queued.map((it) => stores().notifications.read(it)))
  assert.ok(kept.every((it) => it && !it.data.includes("phone")))
  merchantSays = async () => UP
  sent = []
  nowMs += 60_000
  await deliver()
  const phones = sent.map(({ type, url, data }) => [type, url, JSON.parse(data).phone])
  assert.deepEqual(phones.sort(), [
    ["member.opened", URLS.membershipUrl, "+85290001234"],
    ["member.phone_changed", URLS.phoneUrl, "+85290001234"],
  ])
})

test("a number that changed again meanwhile is told by its own event only", async () => {
  const uid = await customer()
  await openMembership(ports(), uid, MERCHANT)
  const phonePorts = { clock, ...stores(), unprovenAllowed: true }
  await setPhone(phonePorts, uid, "+85290001235", undefined)
  const first = await stores().phones.read(uid)
  nowMs += 1_000
  await setPhone(phonePorts, uid, "+85290001236", undefined)
  const second = await stores().phones.read(uid)
  sent = []
  queued = []
  for (const it of [second, first]) await tellOfPhone(stores(), { uid, changedAtMs: it?.changedAtMs ?? 0 })
  await deliver()
  assert.deepEqual(
    sent.map(({ data }) => JSON.parse(data).phone),
    ["+85290001236"],
  )
})

test("two apps that open at once tell the merchant once", async () => {
  const uid = await customer()
  const answers = await Promise.all([1, 2, 3].map(() => openMembership(ports(), uid, MERCHANT)))
  assert.ok(answers.every(({ ok }) => ok))
  await effects(uid)
  nowMs += 60_000
  await deliver()
  assert.deepEqual(types(), ["member.opened"])
})

test("a number is believed where the token proves it, and without a token's word only where that is allowed", async () => {
  const phones = stores().phones
  const set = (unprovenAllowed: boolean, proven?: { number: string; verified: boolean }) =>
    setPhone({ clock, phones, unprovenAllowed }, "U-proven", "+8613900000001", proven)
  const refused = { ok: false, refusal: { code: "PHONE_NOT_VERIFIED" } }
  assert.deepEqual(await set(false), refused)
  assert.deepEqual(await set(true, { number: "+8613900000002", verified: true }), refused)
  assert.deepEqual(await set(true, { number: "+8613900000001", verified: false }), refused)
  const written = { ok: true, phone: "+8613900000001" }
  assert.deepEqual(await set(false, { number: "+86 139 0000 0001", verified: true }), written)
})
