import assert from "node:assert/strict"
import { test } from "node:test"
import type { ConsumptionRecord, RecordStore } from "../../usecases/ports.ts"
import { fresh, NOON_MS, plain } from "./samples.ts"

export function recordPromises(name: string, records: () => RecordStore): void {
  test(`${name}: a line that comes late or twice does not overwrite a later one`, async () => {
    const uid = fresh("U")
    const paid = sampleRecord(1)
    const closed: ConsumptionRecord = { ...paid, state: "CLOSED", version: 4 }
    for (const line of [paid, closed, paid, closed]) await records().put(uid, line)
    assert.deepEqual(plain(await records().list(uid, { limit: 10 })), plain({ records: [closed] }))
  })

  test(`${name}: lines are listed newest first and paged without gap or repetition`, async () => {
    const uid = fresh("U")
    const lines = Array.from({ length: 11 }, (_, index) => sampleRecord(index))
    const shuffled = lines.toSorted((a, b) => ((a.atMs * 7) % 11) - ((b.atMs * 7) % 11))
    for (const line of shuffled) await records().put(uid, line)
    for (const limit of [1, 3, 4, 11, 12]) {
      assert.deepEqual((await allPages(records(), uid, limit)).map(plain), lines.toReversed().map(plain))
    }
  })

  test(`${name}: lines of the same moment are all listed`, async () => {
    const uid = fresh("U")
    for (let index = 0; index < 5; index++) {
      await records().put(uid, { ...sampleRecord(index), atMs: NOON_MS })
    }
    const listed = await allPages(records(), uid, 2)
    assert.equal(new Set(listed.map((it) => it.tradeNo)).size, 5)
  })

  test(`${name}: nobody sees another's lines`, async () => {
    await records().put(fresh("U"), sampleRecord(1))
    assert.deepEqual(plain(await records().list(fresh("U"), { limit: 10 })), { records: [] })
  })
}

function sampleRecord(index: number): ConsumptionRecord {
  return {
    tradeNo: `1${String(index).padStart(25, "0")}`,
    atMs: NOON_MS + index,
    totalFen: 100 + index,
    state: "PAID",
    merchantId: "M1",
    payType: "CT_WECHAT",
    version: 2,
  }
}

/** Follows the cursor to the end. A last page may be empty: a store need not know that nothing follows. */
async function allPages(records: RecordStore, uid: string, limit: number): Promise<ConsumptionRecord[]> {
  const found: ConsumptionRecord[] = []
  let before: string | undefined
  do {
    const page = await records.list(uid, { limit, before })
    assert.ok(page.records.length <= limit)
    found.push(...page.records)
    before = page.next
  } while (before !== undefined)
  return found
}
