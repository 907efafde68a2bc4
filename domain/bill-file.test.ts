import assert from "node:assert/strict"
import { test } from "node:test"
import { samplePayment } from "../test/bills/sample-movements.ts"
import { BILL_COLUMNS, billLine, cellsOf, HEADER, LINE_END, lineIdentity, linesOf } from "./bill-file.ts"
import { identityOf } from "./movement.ts"

const cell = (line: string, name: (typeof BILL_COLUMNS)[number]) => cellsOf(line)[BILL_COLUMNS.indexOf(name)]

test("a line has a cell for each name in the header", () => {
  const line = billLine(samplePayment(1), "20260131")
  assert.equal(
    line,
    `20260131,20260131120000,PAYMENT,CT_WECHAT,500,0,0,SZTX001,N1,${samplePayment(1).tradeNo},,,420001,,,`,
  )
  assert.equal(cellsOf(line).length, HEADER.split(",").length)
})

test("what belongs to another day says which", () => {
  assert.equal(cell(billLine(samplePayment(1), "20260202"), "late_of"), "20260131")
  assert.equal(cell(billLine(samplePayment(1), "20260131"), "late_of"), "")
})

const TEXTS: [string, string][] = [
  ["SZTX001", "SZTX001"],
  ["南山 1 号", "南山 1 号"],
  ['a "b", c', '"a ""b"", c"'],
  ["two\r\nlines", '"two\r\nlines"'],
  ["=1+1", "'=1+1"],
  ["+86", "'+86"],
  ["-1", "'-1"],
  ["@cmd", "'@cmd"],
  ["＝1", "'＝1"],
  ["\tx", "'\tx"],
  ["\rx", '"\'\rx"'],
  ["'quoted'", "''quoted'"],
  ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
]

for (const [storeId, written] of TEXTS) {
  test(`a text is one cell, and no formula: ${JSON.stringify(storeId)}`, () => {
    const line = billLine(samplePayment(1, { storeId }), "20260131")
    assert.ok(line.includes(`,0,0,${written},N1,`), line)
    const read = cell(line, "store_id")
    assert.equal(read?.replace(/^'/, ""), storeId.replace(/^'(?!')/, storeId.startsWith("'") ? "'" : ""))
    const file = Buffer.from([HEADER, line, billLine(samplePayment(2), "20260131"), ""].join(LINE_END))
    assert.deepEqual(
      linesOf(file).map((it) => it.toString()),
      [line, billLine(samplePayment(2), "20260131")],
    )
  })
}

test("a number that could be taken for a formula is none either", () => {
  assert.equal(
    cell(billLine(samplePayment(1, { outRequestNo: "-A1" }), "20260131"), "out_request_no"),
    "'-A1",
  )
  assert.equal(cell(billLine(samplePayment(1, { outRequestNo: "_A1" }), "20260131"), "out_request_no"), "_A1")
})

test("a line tells which movement it is", () => {
  for (const movement of [
    samplePayment(1, { storeId: '"a,b"' }),
    samplePayment(1, { kind: "REVERSAL" }),
    samplePayment(1, { kind: "REFUND", refundId: "3".repeat(26), outRefundNo: "F1" }),
  ]) {
    assert.equal(lineIdentity(billLine(movement, "20260131")), identityOf(movement))
  }
  assert.throws(() => lineIdentity("no,line"))
})
