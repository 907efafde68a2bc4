import assert from "node:assert/strict"
import { test } from "node:test"
import { type StandingException, type StockPorts, takeStock } from "./take-stock.ts"

const NOW_MS = Date.UTC(2025, 5, 1, 4)
const MINUTE_MS = 60_000

function stockOf(standing: StandingException[], parts: Partial<StockPorts> = {}) {
  const clock = { nowMs: () => NOW_MS, monotonicMs: () => 0, sleep: async () => {} }
  return takeStock({
    clock,
    desk: { standing: async () => standing },
    failedRecords: { count: async () => 0 },
    keys: { unusable: async () => 0 },
    onFault: (_, fault) => assert.fail(String(fault)),
    ...parts,
  })
}

const entry = (kind: StandingException["kind"], sinceMinutes: number): StandingException => ({
  kind,
  sinceMs: NOW_MS - sinceMinutes * MINUTE_MS,
  lastTriedAtMs: NOW_MS - sinceMinutes * MINUTE_MS,
})

test("an empty desk measures zero, not nothing", async () => {
  assert.deepEqual(await stockOf([]), {
    exceptionsOpen: 0,
    exceptionOldestSeconds: 0,
    undoRefused: 0,
    refundRefused: 0,
    surplusOpen: 0,
    failedStreamRecords: 0,
    keysUnusable: 0,
  })
})

test("the oldest is that of what the platform should settle by itself; refused reversals wait for a person", async () => {
  const stock = await stockOf([entry("not final", 12), entry("surplus", 20), entry("undo refused", 300)])
  assert.equal(stock.exceptionsOpen, 3)
  assert.equal(stock.exceptionOldestSeconds, 20 * 60)
  assert.equal(stock.undoRefused, 1)
  assert.equal(stock.surplusOpen, 1)
})

test("refunds are like reversals: one in doubt has an age, a refused one waits for a person", async () => {
  const stock = await stockOf([entry("refund not final", 30), entry("refund refused", 40)])
  assert.equal(stock.exceptionOldestSeconds, 30 * 60)
  assert.deepEqual([stock.undoRefused, stock.refundRefused], [0, 1])
})

test("a reversal refused more than a day ago calls nobody any more", async () => {
  const stock = await stockOf([entry("undo refused", 24 * 60)])
  assert.deepEqual([stock.exceptionsOpen, stock.undoRefused], [1, 0])
})

test("what cannot be measured is left out and told, and the rest is measured", async () => {
  const faults: string[] = []
  const stock = await stockOf([], {
    desk: { standing: () => Promise.reject(new Error("throttled")) },
    failedRecords: { count: async () => 7 },
    onFault: (subject, fault) => faults.push(`${subject}: ${fault}`),
  })
  assert.deepEqual(stock, { failedStreamRecords: 7, keysUnusable: 0 })
  assert.deepEqual(faults, ["desk: Error: throttled"])
})
