import assert from "node:assert/strict"
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { S3Client } from "@aws-sdk/client-s3"
import { DEFAULT_TIME_ZONE } from "../../domain/days.ts"
import type { Movement } from "../../domain/movement.ts"
import { clientOptions } from "../../local/account.ts"
import { findConnection } from "../../local/connection-file.ts"
import { decodeMovement } from "../../persistence/movement-codec.ts"
import { movementStore } from "../../persistence/movement-store.ts"
import { objectStore } from "../../persistence/object-store.ts"
import { checkBillFile, checkBillProof } from "../../sdk/bill-proof.ts"
import type { BillDownload, BillProof } from "../../sdk/messages.ts"
import { writeMovements } from "../../usecases/write-movements.ts"
import { killFunctions } from "./kill-functions.ts"
import { helper, Phone, type Running, runPlatform, Till, until, wechatBooks } from "./running-platform.ts"

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

let running: Running
let till: Till
let stranger: Till
let rootKey: KeyObject
let buckets: { movements: string; bills: string }
/** How far the platform's clock is ahead of ours. */
let aheadMs = 0
let number = 0
/** The days of this test, and the orders paid on the first. */
let day: string
let nextDay: string
const paid: Record<"plain" | "reversed" | "refunded", string> = { plain: "", reversed: "", refunded: "" }

before(async () => {
  running = await runPlatform()
  till = new Till(running, "M10001")
  stranger = new Till(running, "M10002")
  const merchant = JSON.parse(readFileSync(join(running.dataDir, "demo", "M10001", "merchant.json"), "utf8"))
  rootKey = createPublicKey({ key: merchant.platform_root_key, format: "jwk" })
  const connection = findConnection(running.dataDir)
  assert.ok(connection)
  buckets = connection.buckets
})
after(() => running?.stop())

const nowMs = () => Date.now() + aheadMs
const call = (name: string, input: unknown, by = till) => by.send(by.sign(name, input, nowMs()), nowMs())
/** Days of Asia/Shanghai, which never changes its clocks. */
const dayOf = (atMs: number) => new Date(atMs + 8 * HOUR_MS).toISOString().slice(0, 10).replaceAll("-", "")

async function advance(ms: number): Promise<void> {
  const { now } = await helper<{ now: string }>(running, "POST", "/local/clock", {
    advance_ms: Math.round(ms),
  })
  aheadMs = Date.parse(now) - Date.now()
}

/** Moves the clock to that time of the merchant's day, the next there is. */
async function advanceTo(hours: number, minutes = 0): Promise<void> {
  const sinceMidnightMs = (nowMs() + 8 * HOUR_MS) % DAY_MS
  await advance((hours * HOUR_MS + minutes * 60_000 - sinceMidnightMs + DAY_MS) % DAY_MS)
}

async function pay(totalFee: number, storeId = "SZTX001"): Promise<string> {
  number += 1
  // A token lives for twelve hours.
  const { qrcode } = await (await Phone.of(running, "U10001")).showCode()
  const said = await call("applypay", {
    out_request_no: `B${number}`,
    qrcode,
    body: "早餐",
    total_fee: totalFee,
    store_id: storeId,
  })
  assert.equal(said.data.pay_status, "PS_SUCCESS")
  return String(said.data.pay_out_trade_no)
}

const billReady = (date: string) =>
  until(
    () => call("bill", { date }),
    ({ code }) => code === "SUCCESS",
    60_000,
  )

async function download(date: string): Promise<{ answer: BillDownload; file: Buffer }> {
  const { code, data } = await call("billdownload", { date })
  assert.equal(code, "SUCCESS")
  const answer = data as BillDownload
  const response = await fetch(answer.url)
  assert.equal(response.status, 200)
  return { answer, file: Buffer.from(await response.arrayBuffer()) }
}

/** Rows by the names in the header; no text of this test needs quotes. */
function rowsOf(file: Buffer): Record<string, string>[] {
  const [header = "", ...lines] = file.toString("utf8").trimEnd().split("\r\n")
  const names = header.split(",")
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, at) => [names[at] ?? "", cell])))
}

const objectsIn = (bucket: string, ...path: string[]) => join(running.dataDir, "objects", bucket, ...path)

/** What `effects` wrote for that bill, as it wrote it. */
function movementsOf(billDay: string): Movement[] {
  const dir = objectsIn(buckets.movements, "movements", billDay)
  return readdirSync(dir).flatMap((name) =>
    readFileSync(join(dir, name), "utf8").trimEnd().split("\n").map(decodeMovement),
  )
}

/** As the stream's consumer does it when it is given a record. */
async function deliver(...movements: Movement[]): Promise<void> {
  const { endpoints, credentials } = running.platform
  const s3 = new S3Client(clientOptions(endpoints.s3, credentials))
  const ports = {
    clock: { nowMs },
    timeZoneOf: async () => DEFAULT_TIME_ZONE,
    movements: movementStore(objectStore(s3, buckets.movements)),
  }
  await writeMovements(
    ports,
    movements.map((movement) => ({ movement, timeZone: DEFAULT_TIME_ZONE })),
  )
  s3.destroy()
}

test("what is paid and given back before midnight, and after it", async () => {
  await advanceTo(23, 50)
  day = dayOf(nowMs())
  paid.plain = await pay(1200, "=SUM(A1)")
  paid.reversed = await pay(700)
  paid.refunded = await pay(500)
  const reversal = await call("reverse", { pay_out_trade_no: paid.reversed })
  assert.equal(reversal.code, "SUCCESS")
  await until(
    () => call("orderquery", { pay_out_trade_no: paid.reversed }),
    ({ data }) => data.pay_status === "PS_CLOSED",
  )
  const refund = { pay_out_trade_no: paid.refunded, out_refund_no: "R1", refund_fee: 200 }
  await until(
    () => call("refund", refund),
    ({ data }) => data.pay_refund_status === "RS_SUCCESS",
  )
  assert.equal((await call("bill", { date: day })).code, "BILL_NOT_READY")
  await advanceTo(0, 10)
  nextDay = dayOf(nowMs())
  assert.notEqual(nextDay, day)
  await pay(42)
  const again = movementsOf(day).filter(({ tradeNo }) => tradeNo === paid.plain)
  assert.equal(again.length, 1)
  // The stream delivers twice more, now among others.
  await deliver(...again)
  await deliver(...movementsOf(day))
})

test("after two in the morning the bill is what the channel's books say", async () => {
  await advanceTo(1, 59)
  assert.equal((await call("bill", { date: day })).code, "BILL_NOT_READY")
  await advanceTo(2, 1)
  const { data } = await billReady(day)
  const books = await Promise.all(Object.values(paid).map((it) => wechatBooks(running, it)))
  const charged = books.reduce((sum, it) => sum + it.charged, 0)
  const returned = books.reduce((sum, it) => sum + it.returned, 0)
  assert.deepEqual(data.bill_infos, [
    {
      pay_type: "CT_WECHAT",
      total_count: 3,
      total_amount: charged,
      reverse_count: 1,
      reverse_amount: 700,
      refund_count: 1,
      refund_amount: returned - 700,
    },
  ])
  const { file } = await download(day)
  const rows = rowsOf(file)
  assert.deepEqual(rows.map(({ kind }) => kind).sort(), [
    "PAYMENT",
    "PAYMENT",
    "PAYMENT",
    "REFUND",
    "REVERSAL",
  ])
  assert.ok(rows.every(({ date, late_of }) => date === day && late_of === ""))
  assert.equal(rows.find((it) => it.pay_out_trade_no === paid.plain)?.store_id, "'=SUM(A1)")
  const refund = rows.find(({ kind }) => kind === "REFUND")
  assert.deepEqual([refund?.amount, refund?.out_refund_no], ["200", "R1"])
})

test("the file's hash and signature are the platform's, and a changed file's are not", async () => {
  const { answer, file } = await download(day)
  assert.equal(answer.keyid, "root")
  assert.equal(createHash("sha256").update(file).digest("hex"), answer.sha256)
  const signature = Buffer.from(answer.signature, "base64")
  assert.ok(verify("sha256", file, rootKey, signature))
  const changed = Buffer.from(file.toString().replace(",1200,", ",1201,"))
  assert.equal(verify("sha256", changed, rootKey, signature), false)
  assert.equal(checkBillFile(file, answer, rootKey, "M10001").ok, true)
})

test("a line is proved without the file, and a changed one is not", async () => {
  const { file } = await download(day)
  for (const row of rowsOf(file)) {
    const wanted =
      row.kind === "REFUND"
        ? { pay_refund_id: row.pay_refund_id }
        : { pay_out_trade_no: row.pay_out_trade_no, kind: row.kind }
    const { code, data } = await call("billproof", { date: day, ...wanted })
    assert.equal(code, "SUCCESS")
    const proof = data as BillProof
    assert.ok(file.includes(`\r\n${proof.line}\r\n`))
    assert.equal(checkBillProof(proof, rootKey, "M10001").ok, true)
    const line = proof.line.replace(`,${row.amount},`, ",1,")
    assert.equal(checkBillProof({ ...proof, line }, rootKey, "M10001").ok, false)
  }
})

test("a link ends after five minutes", async () => {
  const { answer } = await download(day)
  assert.ok(Date.parse(answer.expires_at) - nowMs() <= 300_000)
  await advance(4 * 60_000)
  assert.equal((await fetch(answer.url)).status, 200)
  await advance(61_000)
  assert.equal((await fetch(answer.url)).status, 403)
})

test("another merchant sees nothing of it", async () => {
  assert.deepEqual((await call("bill", { date: day }, stranger)).data.bill_infos, [])
  const { data } = await call("billdownload", { date: day }, stranger)
  const own = await fetch(String(data.url))
  assert.equal(rowsOf(Buffer.from(await own.arrayBuffer())).length, 0)
  const foreign = await fetch(String(data.url).replace("M10002", "M10001"))
  assert.equal(foreign.status, 403)
  const asked = await call("billproof", { date: day, pay_out_trade_no: paid.plain }, stranger)
  assert.equal(asked.code, "ORDER_NOT_FOUND")
})

test("days that have no bill, and what is no day", async () => {
  for (const date of [nextDay, "20991231", "20200101"]) {
    for (const name of ["bill", "billdownload"]) {
      assert.equal((await call(name, { date })).code, "BILL_NOT_READY", `${name} ${date}`)
    }
  }
  for (const date of ["2026-01-01", "20260230", "", 20260101, undefined]) {
    assert.equal((await call("bill", { date })).code, "INVALID_PARAMETER", String(date))
  }
  const both = { date: day, pay_out_trade_no: paid.plain, pay_refund_id: paid.plain }
  assert.equal((await call("billproof", both)).code, "INVALID_PARAMETER")
  assert.equal((await call("billproof", { date: day })).code, "INVALID_PARAMETER")
})

test("what arrives after closing stands in the next bill, marked, and never in two", async () => {
  const [known] = movementsOf(day).filter(({ tradeNo }) => tradeNo === paid.plain)
  assert.ok(known)
  const late = { ...known, tradeNo: "3".repeat(26), outRequestNo: "LATE", amountFen: 9 }
  await deliver(known, late)
  await advanceTo(2, 1)
  const { data } = await billReady(nextDay)
  const [info] = data.bill_infos as { total_count: number; total_amount: number }[]
  assert.deepEqual([info?.total_count, info?.total_amount], [2, 42 + 9])
  const rows = rowsOf((await download(nextDay)).file)
  assert.deepEqual(
    rows.map(({ out_request_no, date, late_of }) => [out_request_no, date, late_of]),
    [
      ["LATE", day, day],
      [`B${number}`, nextDay, ""],
    ],
  )
})

/** Bills and books of runs are gone, as if no run had ever been; what was paid is not. */
function forgetRuns(): void {
  for (const dir of ["runs", "work", "progress"]) {
    rmSync(objectsIn(buckets.movements, dir), { recursive: true, force: true })
  }
  rmSync(objectsIn(buckets.bills, "bills"), { recursive: true, force: true })
}

test("made again, byte for byte the same", async () => {
  const before = [await download(day), await download(nextDay)]
  forgetRuns()
  assert.equal((await call("bill", { date: day })).code, "BILL_NOT_READY")
  await advanceTo(4)
  await billReady(nextDay)
  const again = [await download(day), await download(nextDay)]
  for (const [at, { file, answer }] of before.entries()) {
    assert.ok(again[at]?.file.equals(file))
    const { url: _, expires_at: __, ...said } = answer
    assert.deepEqual(
      { ...again[at]?.answer, url: undefined, expires_at: undefined },
      {
        ...said,
        url: undefined,
        expires_at: undefined,
      },
    )
  }
})

const skip = process.platform === "linux" ? false : "finds processes in /proc"

test("killed in the middle again and again, a run comes to the same bills", { skip }, async () => {
  const before = await download(day)
  forgetRuns()
  await advanceTo(8)
  let kills = 0
  while (kills < 5) {
    kills += killFunctions(["makebills"])
    await new Promise((resolve) => setTimeout(resolve, 60))
    if ((await call("bill", { date: nextDay })).code === "SUCCESS") break
  }
  assert.ok(kills > 0)
  await billReady(nextDay)
  await billReady(day)
  assert.ok((await download(day)).file.equals(before.file))
})
