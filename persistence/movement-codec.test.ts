import assert from "node:assert/strict"
import { test } from "node:test"
import { samplePayment } from "../test/bills/sample-movements.ts"
import { decodeMovement, eachLine, encodeMovement } from "./movement-codec.ts"

/** As decoded: what is absent is told as undefined. */
const NONE = {
  outRefundNo: undefined,
  refundId: undefined,
  channelTradeNo: undefined,
  channelRefundNo: undefined,
  channelTime: undefined,
  channelAtMs: undefined,
}

const refund = samplePayment(2, {
  kind: "REFUND",
  storeId: '南山,"1" 号\n',
  outRefundNo: "F1",
  refundId: "3".repeat(26),
  channelRefundNo: "50",
  channelTime: "20260131115955",
  channelAtMs: 1,
  couponFen: 3,
  feeFen: 2,
})

test("a movement is read back as it was written", () => {
  for (const movement of [samplePayment(1), refund]) {
    const line = encodeMovement(movement)
    assert.doesNotMatch(line, /\n/)
    assert.deepEqual(decodeMovement(line), { ...NONE, ...movement })
  }
})

test("what was kept by the first version is still read", () => {
  const kept =
    '["M10001","PAYMENT",1769832000000,"20260131120000","CT_WECHAT","wechat",500,0,0,"SZTX001","N1","92243371668935635577005983",0,0,"420001",0,"20260131115955",1769831995000]'
  const { merchantId, day, time, amountFen, channelTradeNo, channelAtMs } = decodeMovement(kept)
  assert.deepEqual(
    [merchantId, day, time, amountFen, channelTradeNo, channelAtMs],
    ["M10001", "20260131", "20260131120000", 500, "420001", 1_769_831_995_000],
  )
})

test("lines are told apart, with their merchant, without being read", () => {
  const lines = [samplePayment(1, { merchantId: "M1" }), refund, samplePayment(3, { merchantId: "M-3_x" })]
  for (const end of ["", "\n"]) {
    const bytes = Buffer.from(lines.map(encodeMovement).join("\n") + end)
    const found: [string, string][] = []
    eachLine(bytes, (merchantId, start, to) =>
      found.push([merchantId, bytes.toString("utf8", start, to).trimEnd()]),
    )
    assert.deepEqual(
      found,
      lines.map((it) => [it.merchantId, encodeMovement(it)]),
    )
  }
})

test("a line of unknown words is refused", () => {
  assert.throws(() => decodeMovement(encodeMovement(refund).replace("REFUND", "GIFT")), /GIFT/)
  assert.throws(() => decodeMovement("[]"))
})
