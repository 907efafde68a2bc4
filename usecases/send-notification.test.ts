import assert from "node:assert/strict"
import { test } from "node:test"
import { newNotification, REPEAT_PLAN_MS } from "../domain/notification.ts"
import {
  memoryEndpointPace,
  memoryNotifications,
  memoryUndeliveredNews,
  type NotificationTable,
} from "../test/simulation/memory-notifications.ts"
import { endpointPace } from "./endpoint-pace.ts"
import type { NotificationMessage, NotificationQueueName, SendOutcome } from "./notification-ports.ts"
import { resendNotification } from "./resend-notification.ts"
import { type SendNotificationPorts, sendNotification } from "./send-notification.ts"

const START_MS = 1_000_000
const MOST_DELAY_MS = 900_000
/** After which the queue delivers again what its receiver did not finish. */
const INVISIBLE_MS = 72_000

type Attempt = { eventId: string; atMs: number; outcome: SendOutcome }
type Pending = { dueMs: number; queue: NotificationQueueName; message: NotificationMessage }

const OK: SendOutcome = { received: true, outcome: "status 200" }
const BROKEN: SendOutcome = { received: false, outcome: "status 500" }

/** Queues, clock and endpoint in memory; time passes only as messages come due. */
function town(answer: (attempt: number) => SendOutcome, chance: () => number = () => 1) {
  const table: NotificationTable = new Map()
  const pending: Pending[] = []
  const attempts: Attempt[] = []
  let nowMs = START_MS
  let ids = 0
  let mortal = false
  /** Whoever calls may die before or after what it wants is done. */
  const mayDie = async <T>(work: () => Promise<T>): Promise<T> => {
    if (mortal && chance() < 0.06) throw new Error("died before")
    const result = await work()
    if (mortal && chance() < 0.06) throw new Error("died after")
    return result
  }
  const store = memoryNotifications(table)
  const ports: SendNotificationPorts = {
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    random: { id: () => `holder ${++ids}` },
    notifications: {
      ...store,
      read: (key) => mayDie(() => store.read(key)),
      advance: (previous, next) => mayDie(() => store.advance(previous, next)),
    },
    notificationQueues: {
      send: (queue, message, delayMs) =>
        mayDie(async () => {
          const doubled = chance() < 0.1 ? 2 : 1
          const dueMs = nowMs + Math.min(MOST_DELAY_MS, Math.ceil(Math.max(0, delayMs) / 1000) * 1000)
          for (let copy = 0; copy < doubled; copy++) pending.push({ dueMs, queue, message })
        }),
    },
    endpoints: endpointPace(memoryEndpointPace()),
    undelivered: memoryUndeliveredNews(),
    sender: {
      send: (notification) =>
        mayDie(async () => {
          const outcome = answer(attempts.length + 1)
          attempts.push({ eventId: notification.eventId, atMs: nowMs, outcome })
          return outcome
        }),
    },
    planMs: REPEAT_PLAN_MS,
  }
  return {
    ports,
    table,
    attempts,
    pending,
    advanceMs: (ms: number) => {
      nowMs += ms
    },
    async tell() {
      const notification = newNotification({
        tradeNo: "12345678901234567890123456",
        sequence: START_MS,
        eventId: "event",
        type: "payment.succeeded",
        merchantId: "M1",
        url: "https://shop.example/told",
        data: "{}",
        createdAtMs: START_MS,
      })
      await store.keep(notification)
      pending.push({ dueMs: nowMs, queue: "first", message: notification })
    },
    /** Delivers every message until there is none, at most so many. */
    async deliverAll({ deaths }: { deaths: boolean }, most = 10_000) {
      mortal = deaths
      for (let count = 0; count < most; count++) {
        pending.sort((one, other) => one.dueMs - other.dueMs)
        const next = pending.shift()
        if (!next) return
        nowMs = Math.max(nowMs, next.dueMs)
        await sendNotification(ports, next.message, next.queue).catch(() =>
          pending.push({ ...next, dueMs: nowMs + INVISIBLE_MS }),
        )
      }
      assert.fail("messages go on for ever")
    },
  }
}

test("received at once, it is sent once", async () => {
  const { tell, deliverAll, attempts, table } = town(() => OK)
  await tell()
  await deliverAll({ deaths: false })
  assert.equal(attempts.length, 1)
  assert.deepEqual(
    [...table.values()].map(({ state }) => state),
    ["DELIVERED"],
  )
})

test("never received, it is sent by the plan of the contract, then it is undelivered", async () => {
  const { tell, deliverAll, attempts, table } = town(() => BROKEN)
  await tell()
  await deliverAll({ deaths: false })
  const waits = attempts.slice(1).map(({ atMs }, index) => atMs - (attempts[index]?.atMs ?? 0))
  assert.deepEqual(waits, REPEAT_PLAN_MS)
  assert.deepEqual(
    [...table.values()].map(({ state, lastOutcome }) => [state, lastOutcome]),
    [["UNDELIVERED", "status 500"]],
  )
})

test("messages that come twice send nothing twice at the same step", async () => {
  const { tell, deliverAll, attempts, pending } = town(
    (attempt) => (attempt < 4 ? BROKEN : OK),
    () => 0.08,
  )
  await tell()
  pending.push(...pending, ...pending)
  await deliverAll({ deaths: false })
  assert.equal(attempts.length, 4)
  const waits = attempts.slice(1).map(({ atMs }, index) => atMs - (attempts[index]?.atMs ?? 0))
  assert.deepEqual(waits, REPEAT_PLAN_MS.slice(0, 3))
})

test("whoever dies wherever, it ends delivered, and before that is never sent sooner than the plan says", async () => {
  for (let seed = 1; seed <= 300; seed++) {
    let state = seed
    const chance = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32
    }
    const { tell, deliverAll, attempts, table } = town((attempt) => (attempt < 5 ? BROKEN : OK), chance)
    await tell()
    await deliverAll({ deaths: true })
    assert.deepEqual(
      [...table.values()].map((it) => it.state),
      ["DELIVERED"],
      `seed ${seed}`,
    )
    attempts.slice(1).forEach(({ atMs }, index) => {
      assert.ok(atMs - (attempts[index]?.atMs ?? 0) >= 15_000, `seed ${seed}, attempt ${index + 2}`)
    })
  }
})

test("while an attempt is under way, a further message does nothing", async () => {
  let release = (_: SendOutcome) => {}
  const { ports, tell, pending } = town(() => OK)
  const answered = new Promise<SendOutcome>((resolve) => {
    release = resolve
  })
  let sends = 0
  const slow = {
    ...ports,
    sender: {
      send: () => {
        sends += 1
        return answered
      },
    },
  }
  await tell()
  const [first] = pending
  assert.ok(first)
  const one = sendNotification(slow, first.message, "first")
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(await sendNotification(slow, first.message, "repeats"), "nothing to do")
  release(OK)
  assert.deepEqual([await one, sends], ["delivered", 1])
})

test("sent again by a person, it goes out at once and under its id, delivered or not", async () => {
  const { ports, tell, deliverAll, attempts, table, advanceMs } = town(() => OK)
  await tell()
  await deliverAll({ deaths: false })
  const [delivered] = table.values()
  assert.ok(delivered)
  assert.equal(await resendNotification(ports, delivered), true)
  advanceMs(1)
  assert.equal(await resendNotification(ports, delivered), false, "as it stood before")
  await deliverAll({ deaths: false })
  assert.deepEqual(
    attempts.map(({ eventId }) => eventId),
    ["event", "event"],
  )
})

test("who dies while sending it again has changed nothing, or it is sent", async () => {
  for (const dies of ["after the first message", "after the change"]) {
    const { ports, tell, deliverAll, attempts, table } = town(() => OK)
    await tell()
    await deliverAll({ deaths: false })
    const [delivered] = table.values()
    assert.ok(delivered)
    let messages = 0
    const notificationQueues: typeof ports.notificationQueues = {
      async send(...message) {
        messages += 1
        if (messages === 2) throw new Error("died")
        await ports.notificationQueues.send(...message)
        if (dies === "after the first message") throw new Error("died")
      },
    }
    await assert.rejects(resendNotification({ ...ports, notificationQueues }, delivered))
    await deliverAll({ deaths: false })
    assert.equal(attempts.length, dies === "after the change" ? 2 : 1, dies)
    assert.deepEqual(
      [...table.values()].map(({ state }) => state),
      ["DELIVERED"],
      dies,
    )
  }
})
