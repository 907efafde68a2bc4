import assert from "node:assert/strict"
import { test } from "node:test"
import type { ReturnRequest } from "../../usecases/ports.ts"
import { decodeRefund, decodeRefundQuery, decodeReverse } from "./undo-codec.ts"

const ASKED: ReturnRequest = {
  account: { merchantId: "M1", channel: "wechat", accountId: "1900000101", settingsVersion: 1 },
  channelOrderNo: "N1",
  channelRefundNo: "R1",
  totalFen: 1200,
  amountFen: 500,
  intent: "code",
  orderedAtMs: 0,
  notAfterMs: Number.POSITIVE_INFINITY,
  timeoutMs: 300,
}

const error = (status: number, code: string) => ({ status, body: JSON.stringify({ code, message: "" }) })
const refund = (fields: Record<string, unknown>) => ({
  status: 200,
  body: JSON.stringify({
    refund_id: "5030",
    out_refund_no: "R1",
    out_trade_no: "N1",
    status: "SUCCESS",
    success_time: "2026-01-02T11:04:05+08:00",
    amount: { total: 1200, refund: 500, currency: "CNY" },
    ...fields,
  }),
})

test("a refund is returned, on its way or refused as its status says, and any other status is unknown", () => {
  const returned = { kind: "returned", channelRefundNo: "5030", returnedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5) }
  for (const decode of [decodeRefund, decodeRefundQuery]) {
    assert.deepEqual(decode(refund({}), ASKED), returned)
    assert.deepEqual(decode(refund({ status: "PROCESSING" }), ASKED), { kind: "processing" })
    const closed = { kind: "refused", channelCode: "CLOSED", numberEnded: true }
    assert.deepEqual(decode(refund({ status: "CLOSED" }), ASKED), closed)
    const abnormal = { kind: "stuck", channelCode: "ABNORMAL" }
    assert.deepEqual(decode(refund({ status: "ABNORMAL" }), ASKED), abnormal)
    assert.equal(decode(refund({ status: "NEWS" }), ASKED).kind, "unknown")
  }
})

test("what of a refund goes back to whoever granted a discount is told apart", () => {
  const amount = { total: 1200, refund: 500, currency: "CNY", discount_refund: 30 }
  const outcome = decodeRefund(refund({ amount }), ASKED)
  assert.ok(outcome.kind === "returned")
  assert.equal(outcome.couponFen, 30)
})

test("an answer about another refund, payment, amount or currency, or without them, is unknown", () => {
  const others = [
    { out_refund_no: "R2" },
    { out_trade_no: "N2" },
    { amount: { total: 1300, refund: 500, currency: "CNY" } },
    { amount: { total: 1200, refund: 501, currency: "CNY" } },
    { amount: { total: 1200, refund: 500, currency: "HKD" } },
    { amount: undefined },
  ]
  for (const fields of others) assert.equal(decodeRefund(refund(fields), ASKED).kind, "unknown")
  assert.equal(decodeRefund({ status: 200, body: "" }, ASKED).kind, "unknown")
  assert.equal(decodeRefund({ status: 204, body: "" }, ASKED).kind, "unknown")
})

test("a refund is refused by a definite word only; limits of frequency and faults of WeChat's are unknown", () => {
  const tooSoon = { kind: "refused", channelCode: "INVALID_REQUEST", perhapsLater: true }
  assert.deepEqual(decodeRefund(error(403, "INVALID_REQUEST"), ASKED), tooSoon)
  for (const code of ["NOT_ENOUGH", "USER_ACCOUNT_ABNORMAL", "REQUEST_BLOCKED"]) {
    assert.deepEqual(decodeRefund(error(403, code), ASKED), { kind: "refused", channelCode: code })
    assert.equal(decodeRefundQuery(error(403, code), ASKED).kind, "unknown")
  }
  assert.equal(decodeRefund(error(404, "RESOURCE_NOT_EXISTS"), ASKED).kind, "notFound")
  assert.equal(decodeRefundQuery(error(404, "RESOURCE_NOT_EXISTS"), ASKED).kind, "notFound")
  const vague = [
    error(429, "FREQUENCY_LIMITED"),
    error(429, "INVALID_REQUEST"),
    error(500, "SYSTEM_ERROR"),
    error(500, "NOT_ENOUGH"),
    error(401, "SIGN_ERROR"),
    error(400, "RESOURCE_NOT_EXISTS"),
    error(404, "NEWS"),
    { status: 403, body: "<html>" },
  ]
  for (const answer of vague) assert.equal(decodeRefund(answer, ASKED).kind, "unknown", answer.body)
})

test("a reverse is done by an answer about this very order, or by the word that it was done before", () => {
  const done = { kind: "undone" }
  assert.deepEqual(decodeReverse({ status: 200, body: JSON.stringify({ out_trade_no: "N1" }) }, "N1"), done)
  assert.deepEqual(decodeReverse({ status: 204, body: "" }, "N1"), done)
  assert.deepEqual(decodeReverse(error(400, "ORDER_REVERSED"), "N1"), done)
  assert.deepEqual(decodeReverse(error(400, "ORDERCLOSED"), "N1"), done)
  const vague = [
    { status: 200, body: JSON.stringify({ out_trade_no: "N2" }) },
    { status: 200, body: "" },
    error(202, "USERPAYING"),
    error(500, "ORDER_REVERSED"),
    error(500, "SYSTEM_ERROR"),
    error(429, "FREQUENCY_LIMITED"),
    error(401, "SIGN_ERROR"),
  ]
  for (const answer of vague) assert.equal(decodeReverse(answer, "N1").kind, "unknown", answer.body)
})

test("a reverse is refused where it can no longer be done, and not found by WeChat's word only", () => {
  for (const code of ["ORDERPAID", "REVERSE_EXPIRE", "TRADE_ERROR", "INVALID_REQUEST", "NO_AUTH"]) {
    assert.deepEqual(decodeReverse(error(400, code), "N1"), { kind: "refused", channelCode: code })
  }
  assert.deepEqual(decodeReverse(error(404, "ORDER_NOT_EXIST"), "N1"), { kind: "notFound" })
  assert.equal(decodeReverse({ status: 404, body: "" }, "N1").kind, "unknown")
})
