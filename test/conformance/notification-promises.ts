import assert from "node:assert/strict"
import { test } from "node:test"
import {
  beginAttempt,
  type Notification,
  newNotification,
  notReceived,
  received,
  sentAgain,
} from "../../domain/notification.ts"
import { tradeNoOf } from "../../domain/order-number.ts"
import type {
  EndpointPaceStore,
  NotificationStore,
  UndeliveredNews,
} from "../../usecases/notification-ports.ts"
import { atOnce, fresh, NOON_MS, plain } from "./samples.ts"

function sample(change: Partial<Parameters<typeof newNotification>[0]> = {}): Notification {
  return newNotification({
    tradeNo: tradeNoOf(fresh("M"), "N1"),
    sequence: NOON_MS,
    eventId: fresh("E"),
    type: "payment.succeeded",
    merchantId: "M1",
    url: "https://shop.example/told",
    data: `{"pay_err_desc":"余额不足"}`,
    createdAtMs: NOON_MS,
    ...change,
  })
}

export function notificationPromises(name: string, store: () => NotificationStore): void {
  test(`${name}: a notification is read as it was kept`, async () => {
    const wanted = sample()
    assert.deepEqual(plain(await store().keep(wanted)), plain({ kept: true, stored: wanted }))
    assert.deepEqual(plain(await store().read(wanted)), plain(wanted))
    assert.equal(await store().read(sample()), undefined)
  })

  test(`${name}: the same event is kept once, whatever became of it since`, async () => {
    const wanted = sample()
    await store().keep(wanted)
    const begun = beginAttempt(wanted, "A", NOON_MS, [])
    await store().advance(wanted, begun)
    assert.deepEqual(plain(await store().keep(wanted)), plain({ kept: false, stored: begun }))
  })

  test(`${name}: of 20 that keep the same event at once one keeps it`, async () => {
    const wanted = sample()
    const results = await atOnce(20, () => store().keep(wanted))
    assert.equal(results.filter(({ kept }) => kept).length, 1)
    assert.equal((await store().ofOrder(wanted.tradeNo)).length, 1)
  })

  test(`${name}: events of one millisecond get numbers of their own, and keep them`, async () => {
    const tradeNo = tradeNoOf(fresh("M"), "N1")
    const events = await atOnce(8, async (index) => sample({ tradeNo, eventId: `E${index}` }))
    const first = await Promise.all(events.map((it) => store().keep(it)))
    const again = await Promise.all(events.map((it) => store().keep(it)))
    assert.deepEqual(
      again.map(({ stored }) => stored.sequence),
      first.map(({ stored }) => stored.sequence),
    )
    const standing = (await store().ofOrder(tradeNo)).map(({ sequence }) => sequence)
    assert.deepEqual(
      standing,
      events.map((_, index) => NOON_MS + index),
    )
  })

  test(`${name}: a notification advances only from the version that was read`, async () => {
    const wanted = sample()
    await store().keep(wanted)
    const begun = beginAttempt(wanted, "A", NOON_MS, [15])
    assert.equal(await store().advance(wanted, begun), true)
    assert.equal(await store().advance(wanted, begun), true, "repeated because its answer was lost")
    assert.equal(await store().advance(wanted, beginAttempt(wanted, "B", NOON_MS, [15])), false)
    const waiting = notReceived(begun, "status 500", NOON_MS, [15])
    assert.equal(await store().advance(begun, waiting), true)
    assert.deepEqual(plain(await store().read(wanted)), plain(waiting))
    assert.equal(await store().advance(sample(), begun), false, "what was never kept")
  })

  test(`${name}: of 20 that begin the same attempt at once one begins it`, async () => {
    const wanted = sample()
    await store().keep(wanted)
    const results = await atOnce(20, (index) =>
      store().advance(wanted, beginAttempt(wanted, `A${index}`, NOON_MS, [])),
    )
    assert.equal(results.filter(Boolean).length, 1)
  })

  test(`${name}: what is undelivered stands in a list until it is sent again or delivered`, async () => {
    const [older, newer] = [sample({ createdAtMs: 1_000 }), sample({ createdAtMs: 2_000 })]
    const mine = async () => {
      const ids = (await store().undelivered(1_000)).map(({ eventId }) => eventId)
      return ids.filter((id) => [older.eventId, newer.eventId].includes(id))
    }
    for (const wanted of [newer, older]) {
      await store().keep(wanted)
      const begun = beginAttempt(wanted, "A", NOON_MS, [])
      await store().advance(wanted, begun)
      await store().advance(begun, notReceived(begun, "no answer in time", NOON_MS, []))
    }
    assert.deepEqual(await mine(), [older.eventId, newer.eventId])
    const standing = await store().read(older)
    assert.ok(standing)
    const again = sentAgain(standing, NOON_MS)
    await store().advance(standing, again)
    assert.deepEqual(await mine(), [newer.eventId])
    const begun = beginAttempt(again, "B", NOON_MS, [])
    await store().advance(again, begun)
    await store().advance(begun, received(begun, "status 200"))
    assert.deepEqual(await mine(), [newer.eventId])
  })
}

export function endpointPacePromises(name: string, store: () => EndpointPaceStore): void {
  const endpoint = () => ({ merchantId: fresh("M"), host: "shop.example:8443" })

  test(`${name}: of 20 that ask about an unknown endpoint at once one is to find out`, async () => {
    const unknown = endpoint()
    const told = await atOnce(20, () => store().probe(unknown, NOON_MS, NOON_MS + 10_000))
    assert.equal(told.filter((it) => it === "probe").length, 1)
    assert.equal(told.filter((it) => it === "busy").length, 19)
  })

  test(`${name}: what the one found out all are told, for as long as it said`, async () => {
    const shop = endpoint()
    const probe = (atMs: number) => store().probe(shop, atMs, atMs + 10_000)
    await probe(NOON_MS)
    await store().setQuick(shop, NOON_MS + 60_000)
    assert.equal(await probe(NOON_MS + 59_999), "quick")
    assert.equal(await probe(NOON_MS + 60_000), "probe")
    await store().setSlow(shop, NOON_MS + 120_000)
    assert.equal(await probe(NOON_MS + 119_999), "busy")
    assert.equal(await probe(NOON_MS + 120_000), "probe")
  })

  test(`${name}: who was to find out and died is followed by another`, async () => {
    const shop = endpoint()
    assert.equal(await store().probe(shop, NOON_MS, NOON_MS + 10_000), "probe")
    assert.equal(await store().probe(shop, NOON_MS + 9_999, NOON_MS + 20_000), "busy")
    assert.equal(await store().probe(shop, NOON_MS + 10_000, NOON_MS + 20_000), "probe")
  })

  test(`${name}: one merchant's slow endpoint is no other's`, async () => {
    const [mine, theirs] = [endpoint(), endpoint()]
    await store().setSlow(mine, NOON_MS + 60_000)
    assert.equal(await store().probe(theirs, NOON_MS, NOON_MS + 10_000), "probe")
  })
}

export function undeliveredNewsPromises(name: string, store: () => UndeliveredNews): void {
  test(`${name}: that a merchant cannot be told is news once a day, for one of those who find it`, async () => {
    const [mine, theirs] = [fresh("M"), fresh("M")]
    const said = await atOnce(20, () => store().isNews(mine, NOON_MS))
    assert.equal(said.filter(Boolean).length, 1)
    assert.equal(await store().isNews(theirs, NOON_MS), true)
    assert.equal(await store().isNews(mine, NOON_MS + 86_399_999), false)
    assert.equal(await store().isNews(mine, NOON_MS + 86_400_000), true)
    assert.equal(await store().isNews(mine, NOON_MS + 86_400_001), false)
  })
}
