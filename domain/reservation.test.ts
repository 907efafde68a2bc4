import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { afterOutcome } from "./charge-outcome.ts"
import { apply, newOrder, type Order } from "./order.ts"
import { heldFen, MOST_REFUNDS, type Reservation, release, reservationOf, reserve } from "./reservation.ts"

const TOTAL_FEN = 500

function paidOrder(): Order {
  const paying = newOrder(
    { merchantId: "M1", outRequestNo: "N1", code: "", body: "豆浆", totalFen: TOTAL_FEN, storeId: "S1" },
    "accepted",
    {
      fingerprint: "F",
      createdAtMs: 0,
      day: "20250601",
      legs: [
        {
          no: 1,
          channel: "wechat",
          accountId: "A1",
          settingsVersion: 1,
          intent: "code",
          amountFen: TOTAL_FEN,
          state: "PENDING",
        },
      ],
    },
  )
  const paid = afterOutcome(paying, 1, { kind: "charged", channelTradeNo: "42", couponFen: 0 }, 1)
  assert.ok(paid)
  return paid
}

function reserved(order: Order, refundId: string, amountFen: number, generation = 1): Order {
  const result = reserve(order, { refundId, generation, amountFen })
  assert.equal(result.kind, "reserved")
  return result.kind === "reserved" ? result.order : order
}

function released(order: Order, refundId: string, generation = 1): Order {
  const result = release(order, refundId, generation)
  assert.ok(result)
  return result
}

const tryTo = (order: Order, refundId: string, amountFen: number, generation = 1) =>
  reserve(order, { refundId, generation, amountFen })

test("refunds may come to what was paid, to the fen, and not to one more", () => {
  const most = reserved(reserved(paidOrder(), "A", 1), "B", TOTAL_FEN - 1)
  assert.equal(heldFen(most.reservations), TOTAL_FEN)
  assert.deepEqual(tryTo(most, "C", 1), { kind: "refused", code: "REFUND_EXCEEDS_PAID" })
  assert.deepEqual(tryTo(paidOrder(), "A", TOTAL_FEN + 1), { kind: "refused", code: "REFUND_EXCEEDS_PAID" })
})

test("the same refund is held once, however often it is reserved", () => {
  const order = reserved(paidOrder(), "A", 300)
  assert.deepEqual(tryTo(order, "A", 300), { kind: "standing" })
  assert.equal(heldFen(order.reservations), 300)
})

test("what is released can be taken by another refund, and not again by the generation that failed", () => {
  const order = released(reserved(paidOrder(), "A", TOTAL_FEN), "A")
  assert.equal(heldFen(order.reservations), 0)
  assert.deepEqual(tryTo(order, "A", TOTAL_FEN), { kind: "refused", code: "ORDER_STATE_FORBIDS" })
  assert.equal(heldFen(reserved(order, "B", TOTAL_FEN).reservations), TOTAL_FEN)
})

test("the next generation takes the place of the one before", () => {
  const failed = released(reserved(paidOrder(), "A", 300), "A")
  const again = reserved(failed, "A", 300, 2)
  assert.deepEqual(again.reservations, [{ refundId: "A", generation: 2, amountFen: 300, state: "HELD" }])
  assert.deepEqual(tryTo(again, "A", 300, 1), { kind: "refused", code: "ORDER_STATE_FORBIDS" })
})

test("the next generation is refused where another refund took its place", () => {
  const taken = reserved(released(reserved(paidOrder(), "A", 300), "A"), "B", 300)
  assert.deepEqual(tryTo(taken, "A", 300, 2), { kind: "refused", code: "REFUND_EXCEEDS_PAID" })
})

test("only the generation that is held is released, and only once", () => {
  const held = reserved(released(reserved(paidOrder(), "A", 300), "A"), "A", 300, 2)
  assert.equal(release(held, "A", 1), undefined)
  assert.equal(release(held, "A", 3), undefined)
  assert.equal(release(held, "B", 1), undefined)
  const once = released(held, "A", 2)
  assert.equal(release(once, "A", 2), undefined)
  assert.equal(reservationOf(once, "A")?.state, "RELEASED")
})

const NO_MORE = { kind: "refused", code: "ORDER_STATE_FORBIDS" } as const

test("the 51st part is refused while fifty are held; one that failed makes room for another", () => {
  let order = paidOrder()
  for (let part = 1; part <= MOST_REFUNDS; part++) order = reserved(order, `P${part}`, 1)
  assert.deepEqual(tryTo(order, "P51", 1), NO_MORE)
  order = released(order, "P7")
  assert.equal(tryTo(order, "P7", 1, 2).kind, "reserved")
  order = reserved(order, "P51", 1)
  assert.deepEqual(tryTo(order, "P7", 1, 2), NO_MORE)
})

test("the 101st refund that is sent is refused, though the others failed; the next generation of one is none more", () => {
  let order = paidOrder()
  for (let sent = 1; sent <= 100; sent++) order = released(reserved(order, `P${sent}`, 1), `P${sent}`)
  assert.deepEqual(tryTo(order, "P101", 1), NO_MORE)
  assert.equal(tryTo(order, "P7", 1, 2).kind, "reserved")
})

test("nothing is held of an order that is not paid, or that is being undone", () => {
  const paid = paidOrder()
  const undoing = apply(paid, "undoStarted", 2)
  const closed = apply(undoing, "undone", 3)
  for (const order of [undoing, closed])
    assert.deepEqual(tryTo(order, "A", 1), { kind: "refused", code: "ORDER_STATE_FORBIDS" })
})

test("each change of the reservations is one version", () => {
  const order = paidOrder()
  const held = reserved(order, "A", 100)
  assert.equal(held.version, order.version + 1)
  assert.equal(released(held, "A").version, order.version + 2)
  assert.deepEqual(held.events, order.events)
})

type Act = { act: "reserve" | "release"; refundId: string; generation: number; amountFen: number }

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.record({
    act: fc.constantFrom("reserve", "release"),
    refundId: fc.constantFrom("A", "B", "C", "D", "E"),
    generation: fc.integer({ min: 1, max: 3 }),
    amountFen: fc.integer({ min: 1, max: TOTAL_FEN + 1 }),
  }),
  { maxLength: 60 },
)

function play(order: Order, { act, ...wanted }: Act): Order {
  if (act === "release") return release(order, wanted.refundId, wanted.generation) ?? order
  const result = reserve(order, wanted)
  return result.kind === "reserved" ? result.order : order
}

test("whatever is reserved and released in whatever order, no more is held than was paid", () => {
  fc.assert(
    fc.property(acts, (all) => {
      let order = paidOrder()
      for (const act of all) {
        order = play(order, act)
        assert.ok(heldFen(order.reservations) <= TOTAL_FEN)
        const ids = order.reservations.map((it) => it.refundId)
        assert.equal(new Set(ids).size, ids.length, "a refund stands there twice")
      }
    }),
  )
})

test("a generation never goes back, and one that was released is never held again", () => {
  const overOf = ({ refundId, generation, state }: Reservation) => `${refundId} ${generation} ${state}`
  fc.assert(
    fc.property(acts, (all) => {
      let order = paidOrder()
      const over = new Set<string>()
      for (const act of all) {
        const before = order
        order = play(order, act)
        for (const entry of order.reservations) {
          const was = reservationOf(before, entry.refundId)
          assert.ok((was?.generation ?? 0) <= entry.generation)
          if (entry.state === "RELEASED") over.add(overOf({ ...entry, state: "HELD" }))
          else assert.ok(!over.has(overOf(entry)), overOf(entry))
        }
      }
    }),
  )
})
