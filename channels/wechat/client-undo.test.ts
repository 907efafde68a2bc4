/** Every ending of the contract's table, driven by hand to where nothing is held any more, on each product. */
import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { ChargeRequest } from "../../usecases/ports.ts"
import {
  BY_AGREEMENT,
  chargeRequest,
  queryOf,
  returnOf,
  startClientAndSimulator,
} from "./client-and-simulator.ts"

const pair = await startClientAndSimulator()
const { client, clock } = pair
after(() => pair.close())

/** Long enough for every answer on this machine, short where there is none. */
const SHORT_MS = 300

function books(charge: ChargeRequest): string {
  const { charged, returned } = pair.wechat().books(charge.channelOrderNo.slice(0, 26))
  return `${charged} / ${returned}`
}

const PRODUCTS = [
  { name: "by code", by: {}, product: "apply", reversesPaid: true },
  { name: "by agreement, accepted first", by: BY_AGREEMENT, product: "apply", reversesPaid: true },
  { name: "by agreement, answered at once", by: BY_AGREEMENT, product: "direct", reversesPaid: false },
] as const

for (const { name, by, product, reversesPaid } of PRODUCTS) {
  const channel = client({ agreementProduct: product })
  const charge = async (amountFen: number) => {
    const it = chargeRequest({ ...by, amountFen, timeoutMs: SHORT_MS })
    return { it, outcome: (await channel.charge(it)).kind }
  }
  const asked = async (it: ChargeRequest) => (await channel.query(queryOf(it))).kind
  const reversed = async (it: ChargeRequest) => (await channel.reverse(queryOf(it))).kind
  const refunded = async (it: ChargeRequest) => (await channel.refund(returnOf(it))).kind
  const refundAsked = async (it: ChargeRequest) => (await channel.queryRefund(returnOf(it))).kind
  /** The last steps of every undoing of something paid. */
  const undoPaid = async (it: ChargeRequest) => {
    if (reversesPaid) {
      assert.equal(await reversed(it), "undone")
      assert.equal(await reversed(it), "undone")
    } else {
      assert.deepEqual(await channel.reverse(queryOf(it)), { kind: "refused", channelCode: "ORDERPAID" })
      assert.equal(await refunded(it), "returned")
      assert.equal(await refunded(it), "returned")
    }
    assert.equal(books(it), `${it.amountFen} / ${it.amountFen}`)
  }

  test(`${name}: 902 reversed while the password is awaited is never paid`, async () => {
    const { it, outcome } = await charge(902)
    assert.equal(outcome, "pending")
    assert.equal(await reversed(it), "undone")
    clock.ms += 60_000
    assert.equal(await asked(it), "closed")
    assert.equal(books(it), "0 / 0")
  })

  test(`${name}: 903 is undone by a reverse, for good and as often as one asks`, async () => {
    const { it, outcome } = await charge(903)
    assert.equal(outcome, "pending")
    for (const _ of [1, 2]) assert.equal(await reversed(it), "undone")
    clock.ms += 3_600_000
    assert.equal(await asked(it), "closed")
    assert.equal(await refunded(it), "notFound")
    assert.equal(books(it), "0 / 0")
  })

  test(`${name}: 904 and 906 are unknown, found to be paid, and undone`, async () => {
    for (const amountFen of [904, 906]) {
      const { it, outcome } = await charge(amountFen)
      assert.equal(outcome, "unknown")
      assert.equal(await asked(it), "charged")
      assert.equal(books(it), `${amountFen} / 0`)
      await undoPaid(it)
    }
  })

  test(`${name}: 905 is not found by whatever is asked of it`, async () => {
    const { it, outcome } = await charge(905)
    assert.equal(outcome, "unknown")
    assert.equal(await asked(it), "notFound")
    assert.equal(await reversed(it), "notFound")
    assert.equal(await refunded(it), "notFound")
    assert.equal(await refundAsked(it), "notFound")
    assert.equal(books(it), "0 / 0")
  })

  test(`${name}: 907 stays unknown while WeChat is busy, and is undone afterwards`, async () => {
    const { it, outcome } = await charge(907)
    assert.equal(outcome, "unknown")
    assert.equal(await asked(it), "unknown")
    clock.ms += 20_000
    assert.equal(await asked(it), "charged")
    await undoPaid(it)
  })

  test(`${name}: 908 takes the money after a reverse that nobody answered; a later undoing brings it back`, async () => {
    const { it, outcome } = await charge(908)
    assert.equal(outcome, "unknown")
    assert.equal(await asked(it), "notFound")
    assert.equal(await reversed(it), "unknown")
    assert.equal(await reversed(it), "unknown")
    assert.equal(books(it), "0 / 0")
    clock.ms += 3_000
    assert.equal(await asked(it), "charged")
    assert.equal(books(it), "908 / 0")
    await undoPaid(it)
  })

  test(`${name}: 910 does not execute the first reverse nor the first refund, and moves money back once`, async () => {
    const byReverse = (await charge(910)).it
    assert.equal(await reversed(byReverse), "unknown")
    assert.equal(await asked(byReverse), "charged")
    assert.equal(books(byReverse), "910 / 0")
    if (reversesPaid) await undoPaid(byReverse)

    const byRefund = (await charge(910)).it
    assert.equal(await refunded(byRefund), "unknown")
    assert.equal(await refundAsked(byRefund), "notFound")
    assert.equal(books(byRefund), "910 / 0")
    for (const _ of [1, 2]) assert.equal(await refunded(byRefund), "returned")
    assert.equal(await refundAsked(byRefund), "returned")
    assert.equal(await asked(byRefund), "returned")
    assert.equal(books(byRefund), "910 / 910")
  })
}

const channel = client()

test("a refund sent twice under one number moves money once, and says when and under which number of WeChat's", async () => {
  const it = chargeRequest()
  await channel.charge(it)
  const first = await channel.refund(returnOf(it, { amountFen: 500 }))
  assert.equal(first.kind, "returned")
  if (first.kind !== "returned") return
  assert.match(first.channelRefundNo ?? "", /^5030\d+$/)
  assert.equal(first.returnedAtMs, Math.floor(clock.ms / 1000) * 1000)
  clock.ms += 10_000
  assert.deepEqual(await channel.refund(returnOf(it, { amountFen: 500 })), first)
  assert.deepEqual(await channel.queryRefund(returnOf(it, { amountFen: 500 })), first)
  assert.equal(books(it), "1200 / 500")
})

test("a refund of another amount under the same number, or of more than is left, is refused", async () => {
  const it = chargeRequest()
  await channel.charge(it)
  await channel.refund(returnOf(it, { amountFen: 500 }))
  const refused = { kind: "refused", channelCode: "INVALID_REQUEST", perhapsLater: true }
  assert.deepEqual(await channel.refund(returnOf(it, { amountFen: 501 })), refused)
  assert.deepEqual(await channel.refund(returnOf(it, { channelRefundNo: "R2", amountFen: 701 })), refused)
  assert.deepEqual(
    await channel.refund(returnOf(it, { channelRefundNo: "R2", amountFen: 1, totalFen: 1300 })),
    refused,
  )
  assert.equal(books(it), "1200 / 500")
})

test("an answer about another amount than was asked for is no answer to a refund's query", async () => {
  const it = chargeRequest()
  await channel.charge(it)
  await channel.refund(returnOf(it, { amountFen: 500 }))
  for (const other of [
    { amountFen: 400 },
    { amountFen: 500, totalFen: 1300 },
    { amountFen: 500, channelOrderNo: "1" },
  ]) {
    assert.equal((await channel.queryRefund(returnOf(it, other))).kind, "unknown")
  }
})

test("what was reversed whole is not refunded on top", async () => {
  const it = chargeRequest()
  await channel.charge(it)
  assert.equal((await channel.reverse(queryOf(it))).kind, "undone")
  assert.equal((await channel.refund(returnOf(it))).kind, "refused")
  assert.equal(books(it), "1200 / 1200")
})

test("a reversal and a refund do not leave any more once somebody else may have taken over", async () => {
  const it = chargeRequest()
  await channel.charge(it)
  const late = { notAfterMs: Date.now() - 1 }
  const tooLate = { kind: "notSent", cause: "too late" }
  assert.deepEqual(await channel.reverse({ ...queryOf(it), ...late }), tooLate)
  assert.deepEqual(await channel.refund(returnOf(it, late)), tooLate)
  assert.equal(books(it), "1200 / 0")
})
