import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { after, before, test } from "node:test"
import { freePort } from "../../local/free-port.ts"
import { helper, Phone, Till, until, wechatBooks } from "./running-platform.ts"

/** As a newcomer starts it: a process group of its own, which is what npm makes and what a kill hits. */
type Started = { url: string; dataDir: string; child: ChildProcess }

let dataDir: string
let port: number
let running: Started | undefined

before(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "metro-pay-restart-"))
  port = await freePort()
})
after(async () => {
  if (running) await killGroup(running)
  rmSync(dataDir, { recursive: true, force: true })
})

async function start(): Promise<Started> {
  const args = ["local/start.ts", "--port", String(port), "--data", dataDir, "--fast"]
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", "pipe", "inherit"] })
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("ready ")) {
      running = { url: line.slice("ready ".length), dataDir, child }
      return running
    }
  }
  throw new Error("the platform ended before it was ready")
}

async function killGroup({ child }: Started): Promise<void> {
  const ended = once(child, "exit")
  process.kill(-(child.pid ?? 0), "SIGKILL")
  await ended
  running = undefined
}

const request = (number: string, qrcode: string, totalFee: number) => ({
  out_request_no: number,
  qrcode,
  body: "早餐",
  total_fee: totalFee,
  store_id: "SZTX001",
})

test("killed with an order in flight, the platform carries on: orders, codes, books, keys and clock are as they were", async () => {
  const first = await start()
  const till = new Till(first, "M10001")
  const phone = await Phone.of(first, "U10001")
  const paid = await till.call("applypay", request("K1", (await phone.showCode()).qrcode, 700))
  assert.equal(paid.data.pay_status, "PS_SUCCESS")
  const { now } = await helper<{ now: string }>(first, "POST", "/local/clock", { advance_ms: 3_600_000 })
  const shift = Date.parse(now) - Date.now()
  const shown = await phone.showCode()

  // WeChat takes the money and never answers: the call is still waiting when everything is killed.
  const signed = till.sign("applypay", request("K2", "134000000000000001", 904), Date.now() + shift)
  const lost = till.send(signed, Date.now() + shift).then(
    () => "answered",
    () => "lost",
  )
  const ask = (nowMs: number) => till.send(till.sign("orderquery", { out_request_no: "K2" }, nowMs), nowMs)
  const inFlight = await until(
    () => ask(Date.now() + shift),
    ({ code }) => code === "SUCCESS",
  )
  assert.equal(inFlight.data.pay_status, "PS_PAYING")
  await until(
    () => wechatBooks(first, inFlight.data.pay_out_trade_no),
    ({ charged }) => charged === 904,
  )
  await killGroup(first)
  assert.equal(await lost, "lost")

  const second = await start()
  const nowMs = () => Date.now() + shift
  assert.equal(second.url, first.url)
  const settled = await until(
    () => ask(nowMs()),
    ({ data }) => data.pay_status !== "PS_PAYING",
  )
  assert.equal(settled.data.pay_status, "PS_SUCCESS")
  assert.deepEqual((await wechatBooks(second, settled.data.pay_out_trade_no)).charged, 904)
  const again = await till.send(till.sign("orderquery", { out_request_no: "K1" }, nowMs()), nowMs())
  assert.deepEqual(again.data, paid.data)
  const late = await till.send(till.sign("applypay", request("K3", shown.qrcode, 300), nowMs()), nowMs())
  assert.equal(late.data.pay_status, "PS_SUCCESS", "a code shown before the kill still pays")
})

test("a platform that is told to stop stops, and leaves nothing running", async () => {
  const stopping = running ?? (await start())
  const ended = once(stopping.child, "exit")
  process.kill(stopping.child.pid ?? 0, "SIGTERM")
  assert.deepEqual(await ended, [0, null])
  running = undefined
  assert.throws(() => process.kill(-(stopping.child.pid ?? 0), 0), "no process of its group is left")
})
