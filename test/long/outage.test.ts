import assert from "node:assert/strict"
import { randomInt } from "node:crypto"
import { after, before, test } from "node:test"
import {
  helper,
  type Running,
  runPlatform,
  type Said,
  Till,
  until,
  wechatBooks,
} from "../journeys/running-platform.ts"

let running: Running
let till: Till
let aheadMs = 0
let number = 0

before(async () => {
  running = await runPlatform()
  till = new Till(running, "M10001")
})
after(() => running?.stop())

const nowMs = () => Date.now() + aheadMs
const call = (name: string, input: unknown) => till.send(till.sign(name, input, nowMs()), nowMs())

async function advance(ms: number): Promise<void> {
  const { now } = await helper<{ now: string }>(running, "POST", "/local/clock", { advance_ms: ms })
  aheadMs = Date.parse(now) - Date.now()
}

function order(totalFee: number) {
  number += 1
  const qrcode = `13${Array.from({ length: 16 }, () => randomInt(10)).join("")}`
  return { out_request_no: `D${number}`, qrcode, body: "早餐", total_fee: totalFee, store_id: "SZTX001" }
}

test("a channel that is down for ten minutes leaves no order behind, and is paid with again afterwards", async () => {
  const paidBefore = order(500)
  await call("applypay", paidBefore)
  const waiting = order(3902)
  assert.equal((await call("applypay", waiting)).data.pay_status, "PS_PAYING")
  await helper(running, "POST", "/local/channels/wechat/down", { for_ms: 600_000 })

  const during = Array.from({ length: 40 }, () => order(700))
  const said: Said[] = []
  for (const request of during) said.push(await call("applypay", request))
  const begun = said.filter((it) => it.code === "SUCCESS")
  assert.ok(begun.length >= 1)
  for (const { data } of begun)
    assert.equal(data.pay_status, "PS_PAYING", "silence is unknown, never a failure")
  const refused = said.filter((it) => it.code !== "SUCCESS")
  assert.ok(refused.length > 0, "after twenty silent calls nothing is begun any more")
  for (const it of refused) {
    assert.deepEqual([it.status, it.code], [503, "TRY_AGAIN"])
    assert.ok(Number(it.headers.get("retry-after")) > 0)
  }
  const undoing = await call("reverse", { out_request_no: paidBefore.out_request_no })
  assert.deepEqual([undoing.code, undoing.data.recall], ["SUCCESS", "Y"])

  for (let minute = 0; minute < 11; minute++) await advance(60_000)
  const all = [waiting, ...during.filter((_, index) => said[index]?.code === "SUCCESS")]
  for (const { out_request_no, total_fee } of all) {
    const settled = await until(
      () => call("orderquery", { out_request_no }),
      ({ data }) => data.pay_status !== "PS_PAYING",
      60_000,
    )
    const books = await wechatBooks(running, settled.data.pay_out_trade_no)
    const held = books.charged - books.returned
    assert.equal(held, settled.data.pay_status === "PS_SUCCESS" ? total_fee : 0)
  }
  const back = await until(
    () => call("reverse", { out_request_no: paidBefore.out_request_no }),
    ({ data }) => data.recall === "N",
    60_000,
  )
  assert.equal(back.code, "SUCCESS")
  const again = order(800)
  const paid = await until(
    () => call("applypay", again),
    ({ code }) => code === "SUCCESS",
  )
  assert.equal(paid.data.pay_status, "PS_SUCCESS")
})
