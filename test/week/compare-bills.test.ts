import assert from "node:assert/strict"
import { test } from "node:test"
import { type BillLine, readBillLines } from "./bill-lines.ts"
import { compareBills, type ShownBill } from "./compare-bills.ts"
import type { ExpectedLine } from "./recount.ts"

const expected: ExpectedLine[] = [
  line("PAYMENT", "1", 700),
  line("REVERSAL", "1", 700),
  line("PAYMENT", "2", 42),
]

function line(kind: ExpectedLine["kind"], number: string, amount: number): ExpectedLine {
  return {
    merchantId: "M10001",
    kind,
    date: "20261014",
    time: "20261014120000",
    pay_type: "CT_WECHAT",
    amount,
    store_id: "SZTX001",
    out_request_no: `W${number}`,
    pay_out_trade_no: number,
    out_refund_no: "",
    pay_refund_id: "",
  }
}

function shown({ merchantId: _, ...wanted }: ExpectedLine): BillLine {
  return { ...wanted, amount: String(wanted.amount), late_of: "", fee: "0", coupon_fee: "0" }
}

const info = {
  pay_type: "CT_WECHAT",
  total_count: 2,
  total_amount: 742,
  reverse_count: 1,
  reverse_amount: 700,
  refund_count: 0,
  refund_amount: 0,
}

function bill(lines: readonly BillLine[], changed: Partial<ShownBill> = {}): ShownBill {
  return { merchantId: "M10001", day: "20261014", infos: [info], lines: [...lines], ...changed }
}

const lines = expected.map(shown)
const [first, second, third] = lines as [BillLine, BillLine, BillLine]

test("bills that are the recount differ in nothing", () => {
  assert.deepEqual(compareBills(expected, [bill(lines)]), [])
})

test("a movement in no bill is told", () => {
  const found = compareBills(expected, [bill([first, second])])
  assert.ok(found.includes("M10001 PAYMENT 2 stands in no bill"), found.join("\n"))
})

test("a movement in two bills is told", () => {
  const found = compareBills(expected, [bill(lines), bill([third], { day: "20261015", infos: [] })])
  assert.ok(
    found.some((it) => it.startsWith("M10001 PAYMENT 2 stands in the bill of M10001 for 20261014 and")),
  )
})

test("a line that nothing moved for is told, and so is another merchant's", () => {
  const found = compareBills(expected, [bill([...lines, { ...first, pay_out_trade_no: "3" }])])
  assert.ok(found.some((it) => it.includes("what never moved: M10001 PAYMENT 3")))
  const theirs = compareBills(expected, [bill(lines, { merchantId: "M10002" })])
  assert.ok(theirs.some((it) => it.includes("what never moved: M10002 PAYMENT 1")))
})

test("a fen more, another second and a missing mark of lateness are told", () => {
  const found = (changed: BillLine, day?: string) =>
    compareBills(expected, [bill([first, second, { ...third, ...changed }], day ? { day } : {})]).join("\n")
  assert.match(found({ amount: "43" }), /amount is 43 and should be 42/)
  assert.match(found({ time: "20261014120001" }), /time is 20261014120001/)
  assert.match(found({ late_of: "20261014" }), /late_of is "20261014" and should be ""/)
  assert.match(found({}, "20261015"), /late_of is "" and should be "20261014"/)
})

test("totals of an answer that are not those of the file or of the recount are told", () => {
  const found = compareBills(expected, [bill(lines, { infos: [{ ...info, total_amount: 741 }] })])
  assert.equal(found.length, 2)
  assert.match(found[0] ?? "", /the recount comes to 2 payments of 742 fen/)
  assert.match(found[1] ?? "", /the file comes to 2 payments of 742 fen/)
})

test("texts that were quoted or guarded are read as they were", () => {
  const text = `a,b,c\r\n"'=1+1","x ""y"",\r\nz",\r\n''q,-,1\r\n`
  assert.deepEqual(readBillLines(text), [
    { a: "=1+1", b: 'x "y",\r\nz', c: "" },
    { a: "'q", b: "-", c: "1" },
  ])
})
