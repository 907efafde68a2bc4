import assert from "node:assert/strict"
import { test } from "node:test"
import { beginAttempt, type Notification } from "../domain/notification.ts"
import { apply, newOrder, type Order } from "../domain/order.ts"
import { applyToRefund, newRefund, type Refund } from "../domain/refund.ts"
import { memoryNotifications, type NotificationTable } from "../test/simulation/memory-notifications.ts"
import { type MakeNotificationsPorts, notifyOfOrder, notifyOfRefund } from "./make-notifications.ts"
import type { NotificationMessage } from "./notification-ports.ts"

const TOLD = "https://shop.example/told"

function orderOf(notifyUrl: string | undefined): Order {
  const request = {
    merchantId: "M1",
    outRequestNo: "N1",
    code: "C",
    body: "B",
    totalFen: 100,
    storeId: "S",
    notifyUrl,
  }
  return newOrder(request, "accepted", { fingerprint: "f", createdAtMs: 1_000, day: "20250601" })
}

function refundOf(order: Order, notifyUrl: string | undefined, outRefundNo = "F1"): Refund {
  return newRefund({
    refundId: `1234567890123456789012345${outRefundNo.at(-1)}`,
    merchantId: "M1",
    outRefundNo,
    tradeNo: order.tradeNo,
    outRequestNo: "N1",
    storeId: "S",
    legNo: 1,
    channel: "wechat",
    amountFen: 10,
    totalFen: 100,
    notifyUrl,
    day: "20250601",
    createdAtMs: 2_000,
  })
}

function effects(order: Order) {
  const table: NotificationTable = new Map()
  const sent: NotificationMessage[] = []
  const calls: string[] = []
  const ports: MakeNotificationsPorts = {
    notifications: memoryNotifications(table),
    notificationQueues: {
      async send(queue, message) {
        assert.equal(queue, "first")
        sent.push(message)
      },
    },
    orders: {
      async read() {
        calls.push("read the order")
        return order
      },
    },
    async orderData({ state }) {
      calls.push("made data")
      return JSON.stringify({ state })
    },
    async refundData({ state }) {
      calls.push("made data")
      return JSON.stringify({ state })
    },
  }
  return { ports, table, sent, calls, kept: () => [...table.values()] }
}

test("an end that is told of is kept with its data, then sent, at the address of the order", async () => {
  const before = orderOf(TOLD)
  const { ports, sent, kept } = effects(before)
  await notifyOfOrder(ports, { before, after: apply(before, "charged", 5_000) })
  const [notification] = kept()
  assert.deepEqual(
    [notification?.type, notification?.url, notification?.data, notification?.sequence],
    ["payment.succeeded", TOLD, `{"state":"PAID"}`, 5_000],
  )
  assert.deepEqual(sent, [{ tradeNo: before.tradeNo, sequence: 5_000 }])
})

test("without an address nothing is read, made, kept or sent", async () => {
  const before = orderOf(undefined)
  const { ports, sent, kept, calls } = effects(before)
  await notifyOfOrder(ports, { before, after: apply(before, "charged", 5_000) })
  assert.deepEqual([kept(), sent, calls], [[], [], []])
})

test("what is no end is told to nobody, and costs nothing", async () => {
  const before = orderOf(TOLD)
  const { ports, sent, kept, calls } = effects(before)
  await notifyOfOrder(ports, { before, after: apply(before, "reversalStarted", 5_000) })
  await notifyOfRefund(ports, { after: refundOf(before, TOLD) })
  assert.deepEqual([kept(), sent, calls], [[], [], []])
})

test("a change that is delivered again is kept once, and sent again only while nobody has begun", async () => {
  const before = orderOf(TOLD)
  const change = { before, after: apply(before, "charged", 5_000) }
  const { ports, sent, kept } = effects(before)
  await notifyOfOrder(ports, change)
  await notifyOfOrder(ports, change)
  assert.deepEqual([kept().length, sent.length], [1, 2])
  const [standing] = kept() as [Notification]
  await ports.notifications.advance(standing, beginAttempt(standing, "A", 6_000, []))
  await notifyOfOrder(ports, change)
  assert.deepEqual([kept().length, sent.length], [1, 2])
})

test("a refund is told to its own address, and without one to its order's", async () => {
  const order = orderOf(TOLD)
  const { ports, kept, calls } = effects(order)
  const own = refundOf(order, "https://shop.example/refunds", "F1")
  await notifyOfRefund(ports, { before: own, after: applyToRefund(own, "returned", 9_000) })
  assert.deepEqual(calls, ["made data"])
  const other = refundOf(order, undefined, "F2")
  await notifyOfRefund(ports, { before: other, after: applyToRefund(other, "refused", 9_000) })
  const told = kept().map(({ type, url, tradeNo, sequence }) => [type, url, tradeNo, sequence])
  assert.deepEqual(told, [
    ["refund.succeeded", "https://shop.example/refunds", order.tradeNo, 9_000],
    ["refund.failed", TOLD, order.tradeNo, 9_001],
  ])
})

test("whatever order the stream brings them in, sequences rise as things happened", async () => {
  const before = orderOf(TOLD)
  const paid = apply(before, "charged", 5_000)
  const refund = refundOf(before, TOLD)
  const changes = [
    (ports: MakeNotificationsPorts) =>
      notifyOfRefund(ports, { before: refund, after: applyToRefund(refund, "returned", 9_000) }),
    (ports: MakeNotificationsPorts) => notifyOfOrder(ports, { before, after: paid }),
  ]
  for (const order of [changes, changes.toReversed()]) {
    const { ports } = effects(before)
    for (const change of order) await change(ports)
    const told = await ports.notifications.ofOrder(before.tradeNo)
    assert.deepEqual(
      told.map(({ type }) => type),
      ["payment.succeeded", "refund.succeeded"],
    )
  }
})
