import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { DAY, NOON_MS, samplePayment } from "../test/bills/sample-movements.ts"
import { makeBill, statementOf } from "./bill.ts"
import { BILL_COLUMNS, cellsOf, linesOf } from "./bill-file.ts"
import { identityOf } from "./movement.ts"

const reversalOf = (number: number) => samplePayment(number, { kind: "REVERSAL", atMs: NOON_MS + 1_000 })
const refundOf = (number: number, amountFen: number) =>
  samplePayment(number, {
    kind: "REFUND",
    amountFen,
    refundId: String(number).repeat(26).slice(0, 26),
    outRefundNo: `F${number}`,
  })

test("totals are by pay type, and count a payment that went back in both", () => {
  const { infos, lines } = makeBill("M1", DAY, [
    samplePayment(1),
    samplePayment(2, { amountFen: 700 }),
    reversalOf(1),
    refundOf(2, 300),
    refundOf(3, 50),
    samplePayment(4, { payType: "CT_ALIPAY", channel: "alipay", amountFen: 1 }),
  ])
  const none = { totalCount: 0, totalFen: 0, reverseCount: 0, reverseFen: 0, refundCount: 0, refundFen: 0 }
  assert.equal(lines, 6)
  assert.deepEqual(infos, [
    {
      payType: "CT_WECHAT",
      totalCount: 2,
      totalFen: 1_200,
      reverseCount: 1,
      reverseFen: 500,
      refundCount: 2,
      refundFen: 350,
    },
    { ...none, payType: "CT_ALIPAY", totalCount: 1, totalFen: 1 },
  ])
})

test("a bill equals the sum of its lines", () => {
  const movements = Array.from({ length: 200 }, (_, it) =>
    it % 3 === 0 ? reversalOf(it) : it % 3 === 1 ? refundOf(it, it) : samplePayment(it, { amountFen: it }),
  )
  const bill = makeBill("M1", DAY, movements)
  const rows = linesOf(bill.file).map((it) => cellsOf(it.toString()))
  const at = (name: (typeof BILL_COLUMNS)[number]) => BILL_COLUMNS.indexOf(name)
  const sum = (kind: string) =>
    rows
      .filter((row) => row[at("kind")] === kind)
      .reduce((total, row) => total + Number(row[at("amount")]), 0)
  const [info] = bill.infos
  assert.equal(rows.length, bill.lines)
  assert.deepEqual(
    [sum("PAYMENT"), sum("REVERSAL"), sum("REFUND")],
    [info?.totalFen, info?.reverseFen, info?.refundFen],
  )
})

test("a movement counts once however often and in whichever order it came, and the file is the same", () => {
  const movements = Array.from({ length: 50 }, (_, it) => samplePayment(it, { atMs: NOON_MS + (it % 7) }))
  const once = makeBill("M1", DAY, movements)
  const shuffled = [...movements, ...movements.slice(10), ...movements.slice(0, 30)].reverse()
  const again = makeBill("M1", DAY, shuffled)
  assert.equal(once.lines, 50)
  assert.deepEqual(again, once)
  assert.ok(again.file.equals(once.file))
})

test("lines are in the order of their time, then of their identity", () => {
  const movements = [3, 1, 2, 1].map((offset, it) => samplePayment(it, { atMs: NOON_MS + offset * 1_000 }))
  const expected = [...movements].sort((one, other) =>
    one.atMs === other.atMs ? (identityOf(one) < identityOf(other) ? -1 : 1) : one.atMs - other.atMs,
  )
  const { file } = makeBill("M1", DAY, movements)
  assert.deepEqual(
    linesOf(file).map((it) => cellsOf(it.toString())[BILL_COLUMNS.indexOf("out_request_no")]),
    expected.map(({ outRequestNo }) => outRequestNo),
  )
})

test("a bill without movements is a header", () => {
  const { file, infos, lines, merkleRoot, sha256 } = makeBill("M1", DAY, [])
  assert.equal(file.toString(), `${BILL_COLUMNS.join(",")}\r\n`)
  assert.deepEqual([infos, lines], [[], 0])
  assert.equal(merkleRoot, createHash("sha256").digest("hex"))
  assert.equal(sha256, createHash("sha256").update(file).digest("hex"))
})

test("the statement names everything that it is about", () => {
  const bill = makeBill("M1", DAY, [samplePayment(1)])
  assert.equal(
    statementOf(bill),
    `metro-pay bill v1\nmerchant: M1\ndate: 20260131\nlines: 1\nsha256: ${bill.sha256}\nmerkle_root: ${bill.merkleRoot}`,
  )
})
