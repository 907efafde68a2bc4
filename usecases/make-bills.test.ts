import assert from "node:assert/strict"
import { test } from "node:test"
import { daysAfter } from "../domain/bill-day.ts"
import type { Movement } from "../domain/movement.ts"
import { billDownloadAnswer, billProofAnswer } from "../http/bill-answer.ts"
import { checkBillFile, checkBillProof } from "../sdk/bill-proof.ts"
import { type Books, fingerprintOf, openBooks, rootKeys, runBills } from "../test/bills/bill-runner.ts"
import { DAY, NOON_MS, samplePayment } from "../test/bills/sample-movements.ts"
import { billStatus } from "./bill-status.ts"
import { proveLine } from "./prove-line.ts"
import { writeMovements } from "./write-movements.ts"

const HOUR_MS = 3_600_000
/** Two in the morning after DAY, in Shanghai. */
const TWO_MS = NOON_MS + 14 * HOUR_MS
const NEXT = daysAfter(DAY, 1)

async function write(books: Books, nowMs: number, ...movements: Movement[]): Promise<void> {
  books.state.nowMs = nowMs
  const zoned = movements.map(async (movement) => ({
    movement,
    timeZone: await books.timeZoneOf(movement.merchantId),
  }))
  await writeMovements(books, await Promise.all(zoned))
}

async function run(books: Books, nowMs: number, name = "1", options = {}) {
  books.state.nowMs = nowMs
  return runBills(books, name, options)
}

const numbersIn = async (books: Books, merchantId: string, day = DAY) =>
  [...((await books.bills.file(merchantId, day))?.toString("utf8") ?? "").matchAll(/,N(\w+),/g)].map(
    ([, number]) => number,
  )

test("every merchant has a bill of every day, whether or not anything moved", async () => {
  const books = openBooks()
  await write(books, NOON_MS, samplePayment(1), samplePayment(2, { amountFen: 20 }))
  const markers = await run(books, TWO_MS)
  assert.deepEqual(
    markers.map(({ day, bills, movements }) => [day, bills, movements]),
    [
      [daysAfter(DAY, -1), 2, 0],
      [DAY, 2, 2],
    ],
  )
  const made = await billStatus(books, "M1", DAY)
  assert.ok(made.kind === "made")
  assert.deepEqual([made.bill.lines, made.bill.infos[0]?.totalFen], [2, 520])
  const empty = await billStatus(books, "M2", DAY)
  assert.ok(empty.kind === "made")
  assert.deepEqual([empty.bill.lines, empty.bill.infos], [0, []])
})

test("a bill is due until its run has ended, and of a merchant that was registered later there is none", async () => {
  const books = openBooks()
  await write(books, NOON_MS, samplePayment(1))
  assert.equal((await billStatus(books, "M1", DAY)).kind, "due")
  await run(books, TWO_MS)
  assert.equal((await billStatus(books, "M1", DAY)).kind, "made")
  assert.equal((await billStatus(books, "M1", NEXT)).kind, "due")
  assert.equal((await billStatus(books, "M9", DAY)).kind, "none")
  assert.equal((await billStatus(books, "M9", NEXT)).kind, "due")
})

test("file, statement and the proof of each line verify by the root key alone, and nothing that was changed does", async () => {
  const books = openBooks()
  const numbers = [1, 2, 3, 4, 5]
  await write(books, NOON_MS, ...numbers.map((it) => samplePayment(it)))
  await run(books, TWO_MS)
  const bill = await books.bills.read("M1", DAY)
  const file = await books.bills.file("M1", DAY)
  assert.ok(bill && file)
  const download = billDownloadAnswer(bill, "", 0)
  assert.equal(checkBillFile(file, download, rootKeys.publicKey, "M1").ok, true)
  assert.equal(checkBillFile(file, download, rootKeys.publicKey, "M2").ok, false)
  const changed = Buffer.from(file.toString().replace(",500,", ",501,"))
  assert.deepEqual(checkBillFile(changed, download, rootKeys.publicKey, "M1"), {
    ok: false,
    why: "the file's signature does not verify",
  })
  for (const number of numbers) {
    const proof = await proveLine(books, "M1", DAY, {
      tradeNo: samplePayment(number).tradeNo,
      kind: "PAYMENT",
    })
    assert.ok(typeof proof === "object")
    const answer = billProofAnswer(proof)
    assert.equal(checkBillProof(answer, rootKeys.publicKey, "M1").ok, true)
    for (const wrong of [
      { ...answer, line: answer.line.replace(",500,", ",501,") },
      { ...answer, index: (answer.index + 1) % numbers.length },
      { ...answer, path: answer.path.slice(1) },
      { ...answer, date: NEXT },
      { ...answer, statement: answer.statement.replace("lines: 5", "lines: 6") },
    ]) {
      assert.equal(checkBillProof(wrong, rootKeys.publicKey, "M1").ok, false)
    }
  }
})

test("a line is proved by its number and kind, to its own merchant only", async () => {
  const books = openBooks()
  const { tradeNo } = samplePayment(1)
  await write(books, NOON_MS, samplePayment(1), samplePayment(1, { kind: "REVERSAL" }))
  const ask = (merchantId: string, kind: "PAYMENT" | "REVERSAL", day = DAY) =>
    proveLine(books, merchantId, day, { tradeNo, kind })
  assert.equal(await ask("M1", "PAYMENT"), "not ready")
  await run(books, TWO_MS)
  const [payment, reversal] = [await ask("M1", "PAYMENT"), await ask("M1", "REVERSAL")]
  assert.ok(typeof payment === "object" && payment.line.includes(",PAYMENT,"))
  assert.ok(typeof reversal === "object" && reversal.line.includes(",REVERSAL,"))
  assert.equal(await ask("M2", "PAYMENT"), "no such line")
  assert.equal(await ask("M1", "PAYMENT", daysAfter(DAY, -1)), "no such line")
})

test("what is delivered several times counts once, and what comes late stands in a later bill once", async () => {
  const books = openBooks()
  const [inTime, late] = [samplePayment(1), samplePayment(2)]
  await write(books, NOON_MS, inTime)
  await write(books, NOON_MS, inTime, samplePayment(3))
  await write(books, NOON_MS, samplePayment(3), inTime)
  await run(books, TWO_MS)
  // Delivered again after the day has closed, beside one that had never been.
  await write(books, TWO_MS + HOUR_MS, inTime, late)
  await run(books, TWO_MS + 24 * HOUR_MS, "2")
  // And once more on the day after that.
  await write(books, TWO_MS + 25 * HOUR_MS, inTime, late)
  await run(books, TWO_MS + 48 * HOUR_MS, "3")
  assert.deepEqual((await numbersIn(books, "M1")).sort(), ["1", "3"])
  assert.deepEqual(await numbersIn(books, "M1", NEXT), ["2"])
  assert.deepEqual(await numbersIn(books, "M1", daysAfter(DAY, 2)), [])
  const file = await books.bills.file("M1", NEXT)
  assert.match(file?.toString() ?? "", new RegExp(`\\r\\n${DAY},.*,${DAY}\\r\\n$`))
})

test("made again, byte for byte the same", async () => {
  const books = openBooks()
  const movements = Array.from({ length: 40 }, (_, it) => samplePayment(it, { atMs: NOON_MS + (it % 5) }))
  for (let at = 0; at < 40; at += 7) await write(books, NOON_MS, ...movements.slice(at, at + 9))
  await run(books, TWO_MS)
  const before = fingerprintOf(books.billObjects)
  books.billObjects.kept.clear()
  for (const key of [...books.movementObjects.kept.keys()]) {
    if (!key.startsWith("movements/")) books.movementObjects.kept.delete(key)
  }
  await run(books, TWO_MS + 5 * HOUR_MS, "2")
  assert.equal(fingerprintOf(books.billObjects), before)
})

test("a merchant in another zone has its bill once its own day is over", async () => {
  const books = openBooks()
  books.zones.set("M2", "America/Los_Angeles")
  const evening = samplePayment(7, { merchantId: "M2", day: DAY, atMs: TWO_MS })
  await write(books, NOON_MS, samplePayment(1))
  const [, first] = await run(books, TWO_MS)
  assert.deepEqual([first?.waiting, first?.bills], [["M2"], 1])
  assert.equal((await billStatus(books, "M2", DAY)).kind, "due")
  await write(books, TWO_MS + HOUR_MS, evening)
  assert.deepEqual(await run(books, TWO_MS + 2 * HOUR_MS, "2"), [])
  const markers = await run(books, TWO_MS + 18 * HOUR_MS, "3")
  assert.deepEqual(
    markers.map(({ day, waiting, bills }) => [day, waiting, bills]),
    [[DAY, [], 2]],
  )
  assert.deepEqual(await numbersIn(books, "M2"), ["7"])
})

test("one merchant that fails does not keep the others from their bills, and is made up for by the next run", async () => {
  const books = openBooks({ merchantIds: ["M1", "M2", "M3"] })
  await write(books, NOON_MS, samplePayment(1), samplePayment(2, { merchantId: "M2" }))
  books.billObjects.beforePut = (key) => {
    if (key.includes("/M2/")) throw new TypeError("broken")
  }
  const [, marker] = await run(books, TWO_MS)
  assert.deepEqual([marker?.bills, marker?.failed], [2, [{ merchantId: "M2", why: "TypeError" }]])
  assert.ok(books.faults.includes("M2: TypeError: broken"))
  assert.equal((await billStatus(books, "M2", DAY)).kind, "due")
  assert.equal((await billStatus(books, "M3", DAY)).kind, "made")
  books.billObjects.beforePut = undefined
  const made = (await run(books, TWO_MS + HOUR_MS, "2")).at(-1)
  assert.deepEqual([made?.day, made?.bills, made?.movements, made?.failed], [DAY, 3, 2, []])
  assert.deepEqual(await run(books, TWO_MS + 2 * HOUR_MS, "3"), [])
})

test("a line that cannot be read fails its merchant only", async () => {
  const books = openBooks()
  await write(books, NOON_MS, samplePayment(1), samplePayment(2, { merchantId: "M2" }))
  await books.movementObjects.put(`movements/${DAY}/0.jsonl`, '["M2","STRANGE",1]\n', "")
  const [, marker] = await run(books, TWO_MS)
  assert.deepEqual(
    marker?.failed.map(({ merchantId }) => merchantId),
    ["M2"],
  )
  assert.deepEqual(await numbersIn(books, "M1"), ["1"])
})

test("a bill with a late line waits for the earlier bill that could hold it as well", async () => {
  const books = openBooks()
  await write(books, NOON_MS, samplePayment(1))
  books.billObjects.beforePut = (key) => {
    if (key.includes(`/M1/${DAY}`)) throw new Error("broken")
  }
  await run(books, TWO_MS)
  await write(books, TWO_MS + HOUR_MS, samplePayment(1))
  const second = (await run(books, TWO_MS + 24 * HOUR_MS, "2")).at(-1)
  assert.deepEqual(second?.failed, [{ merchantId: "M1", why: "EarlierBillMissing" }])
  books.billObjects.beforePut = undefined
  const markers = await run(books, TWO_MS + 26 * HOUR_MS, "3")
  assert.deepEqual(
    markers.map(({ day, failed }) => [day, failed]),
    [
      [DAY, []],
      [NEXT, []],
    ],
  )
  assert.deepEqual([await numbersIn(books, "M1"), await numbersIn(books, "M1", NEXT)], [["1"], []])
})

test("days that no run took place on are made up for, in their order", async () => {
  const books = openBooks()
  await write(books, NOON_MS, samplePayment(1))
  const markers = await run(books, TWO_MS + 5 * 24 * HOUR_MS)
  assert.deepEqual(
    markers.map(({ day }) => day),
    [0, 1, 2, 3, 4, 5].map((days) => daysAfter(DAY, days)),
  )
})

test("killed at any step and begun again, the bills are the same, and no merchant hears of half a day", async () => {
  const merchantIds = Array.from({ length: 900 }, (_, it) => `M${it}`)
  const setUp = async () => {
    const books = openBooks({ merchantIds })
    for (let at = 0; at < 30; at++) {
      await write(
        books,
        NOON_MS,
        ...merchantIds.slice(at * 30, at * 30 + 30).map((it) => samplePayment(at, { merchantId: it })),
      )
    }
    return books
  }
  const undisturbed = await setUp()
  const steps: string[] = []
  await run(undisturbed, TWO_MS, "1", { before: (step: string) => void steps.push(step) })
  assert.ok(steps.length > 10)
  const expected = fingerprintOf(undisturbed.billObjects)
  const books = await setUp()
  for (const [number] of steps.entries()) {
    let left = number
    const dies = run(books, TWO_MS, `killed-${number}`, {
      before: () => {
        if (left-- === 0) throw new Error("killed")
      },
    })
    await dies.catch((fault) => assert.match(String(fault), /killed/))
    for (const merchantId of ["M0", "M1", "M899"]) {
      assert.notEqual((await billStatus(books, merchantId, DAY)).kind, "none", "either made or due")
    }
  }
  await run(books, TWO_MS, "last")
  assert.equal(fingerprintOf(books.billObjects), expected)
})
