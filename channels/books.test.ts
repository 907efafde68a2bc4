import assert from "node:assert/strict"
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { openBooks } from "./books.ts"

const dir = mkdtempSync(join(tmpdir(), "books-"))
after(() => rmSync(dir, { recursive: true }))

const TRADE_NO = "12345678901234567890123456"
const charge = {
  kind: "charge",
  orderNo: `${TRADE_NO}01`,
  tradeNo: "T1",
  amountFen: 500,
  atMs: 1_000,
} as const

test("an unseen order has zeros and empty lists", () => {
  const books = openBooks(join(dir, "unseen.jsonl"), () => {})
  assert.deepEqual(books.books(TRADE_NO, 0), { charged: 0, returned: 0, charges: [], returns: [] })
  books.close()
})

test("all legs of an order are summed, and no other order's", () => {
  const books = openBooks(join(dir, "legs.jsonl"), () => {})
  books.write({ fact: "leg 1", money: charge })
  books.write({ fact: "leg 2", money: { ...charge, orderNo: `${TRADE_NO}02`, tradeNo: "T2", amountFen: 7 } })
  books.write({ fact: "another", money: { ...charge, orderNo: "92345678901234567890123456", tradeNo: "T3" } })
  books.write({
    fact: "back",
    money: {
      kind: "return",
      orderNo: `${TRADE_NO}01`,
      tradeNo: "T1",
      refundNo: "R1",
      amountFen: 3,
      atMs: 2_000,
    },
  })
  const found = books.books(TRADE_NO, 5_000)
  assert.equal(found.charged, 507)
  assert.equal(found.returned, 3)
  assert.deepEqual(found.returns, [
    {
      channel_order_no: `${TRADE_NO}01`,
      channel_trade_no: "T1",
      channel_refund_no: "R1",
      amount: 3,
      at: "1970-01-01T00:00:02.000Z",
    },
  ])
  books.close()
})

test("money that is due later counts from that time on, unless it was called off", () => {
  const books = openBooks(join(dir, "due.jsonl"), () => {})
  books.write({ fact: "due", money: { ...charge, atMs: 9_000 } })
  assert.equal(books.books(TRADE_NO, 8_999).charged, 0)
  assert.equal(books.books(TRADE_NO, 9_000).charged, 500)
  books.write({ fact: "off", money: { kind: "calledOff", orderNo: `${TRADE_NO}01`, tradeNo: "T1" } })
  assert.equal(books.books(TRADE_NO, 9_000).charged, 0)
  books.close()
})

test("a kill without close loses nothing, and a torn last line is cut off before the next one is written", () => {
  const file = join(dir, "torn.jsonl")
  const killed = openBooks<string>(file, () => {})
  killed.write({ fact: "first", money: charge })
  appendFileSync(file, '{"fact":"half a li')
  const facts: string[] = []
  const restarted = openBooks<string>(file, (fact) => facts.push(fact))
  restarted.write({ fact: "second" })
  assert.deepEqual(facts, ["first", "second"])
  assert.equal(restarted.books(TRADE_NO, 5_000).charged, 500)
  assert.equal(readFileSync(file, "utf8").trimEnd().split("\n").length, 2)
  restarted.close()
  killed.close()
})

test("an unreadable line in the middle is a fault that names file and line", () => {
  const file = join(dir, "broken.jsonl")
  appendFileSync(file, '{"fact":"good"}\nnot json\n{"fact":"good"}\n')
  assert.throws(() => openBooks(file, () => {}), /line 2 of .*broken\.jsonl is unreadable/)
})
