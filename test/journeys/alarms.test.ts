import assert from "node:assert/strict"
import { randomInt } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { GetQueueUrlCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs"
import { clientOptions } from "../../local/account.ts"
import type { AlarmReport } from "../../local/watching/alarms.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import type { ExceptionStore } from "../../usecases/ports.ts"
import { helper, type Running, runPlatform, Till, until } from "./running-platform.ts"

let running: Running
let till: Till
let aheadMs = 0
let number = 0

let desk: ExceptionStore

before(async () => {
  running = await runPlatform()
  till = new Till(running, "M10001")
  const { endpoints, credentials, tables } = running.platform
  const dynamodb = new DynamoDBClient(clientOptions(endpoints.dynamodb, credentials))
  after(() => dynamodb.destroy())
  desk = exceptionStore(dynamodb, tables.main)
})
after(() => running?.stop())

const nowMs = () => Date.now() + aheadMs

async function alarms(): Promise<AlarmReport[]> {
  return (await helper<{ alarms: AlarmReport[] }>(running, "GET", "/local/alarms")).alarms
}

async function state(name: string): Promise<string | undefined> {
  return (await alarms()).find((it) => it.name === `MetroPay-local-${name}`)?.state
}

async function alarmsThatAreOn(): Promise<string[]> {
  const on = (await alarms()).filter((it) => it.state === "ALARM")
  return on.map(({ name }) => name.replace("MetroPay-local-", ""))
}

/** How often the desk was measured. */
function timesMeasured(): number {
  const log = join(running.dataDir, "logs", "MetroPay-local-watch.log")
  return existsSync(log) ? readFileSync(log, "utf8").split('"ExceptionsOpen":').length - 1 : 0
}

/**
 * Moves the clock minute by minute, so that each is lived through, until it is so. Every fifth the desk is measured: that is
 * waited for, or the clock would run away from it.
 */
async function minutesUntil(so: () => Promise<boolean>, atMost: number): Promise<void> {
  for (let minute = 0; minute < atMost; minute++) {
    if (await so()) return
    const before = timesMeasured()
    const { now } = await helper<{ now: string }>(running, "POST", "/local/clock", { advance_ms: 60_000 })
    aheadMs = Date.parse(now) - Date.now()
    if (new Date(now).getUTCMinutes() % 5 !== 0) continue
    await until(
      async () => timesMeasured(),
      (times) => times > before,
    )
  }
  assert.fail(`not within ${atMost} minutes; on: ${await alarmsThatAreOn()}`)
}

const becomes = (name: string, wanted: string, atMost: number) =>
  minutesUntil(async () => (await state(name)) === wanted, atMost)

function pay(totalFee: number) {
  number += 1
  const qrcode = `13${Array.from({ length: 16 }, () => randomInt(10)).join("")}`
  const order = {
    out_request_no: `A${number}`,
    qrcode,
    body: "早餐",
    total_fee: totalFee,
    store_id: "SZTX001",
  }
  return till.send(till.sign("applypay", order, nowMs()), nowMs())
}

async function minutes(count: number): Promise<void> {
  let passed = 0
  await minutesUntil(async () => ++passed > count, count + 1)
}

/** How many of these payments are not certain; asking takes its time, in which the platform goes on. */
async function stillPaying(numbers: readonly string[]): Promise<number> {
  const said = await Promise.all(
    numbers.map((out_request_no) => till.send(till.sign("orderquery", { out_request_no }, nowMs()), nowMs())),
  )
  return said.filter(({ data }) => data?.pay_status === "PS_PAYING").length
}

test("an idle platform, and one that is paid with, has no alarm", async () => {
  await becomes("watch-silent", "OK", 8)
  for (let order = 0; order < 5; order++) assert.equal((await pay(600)).data.pay_status, "PS_SUCCESS")
  await minutes(10)
  assert.deepEqual(await alarmsThatAreOn(), [])
})

test("a channel that is down is heard of at once, its orders when they stand on the desk too long, and all of it ends", async () => {
  await helper(running, "POST", "/local/channels/wechat/down", { for_ms: 35 * 60_000 })
  const begun: string[] = []
  for (let order = 0; order < 32; order++) if ((await pay(700)).code === "SUCCESS") begun.push(`A${number}`)
  await minutesUntil(async () => {
    const on = await alarmsThatAreOn()
    return ["unknown-payments-wechat", "channel-silent-wechat", "breaker-open-wechat"].every((name) =>
      on.includes(name),
    )
  }, 3)
  assert.notEqual(await state("exception-old"), "ALARM")
  await minutesUntil(async () => (await desk.list(1)).length > 0, 15)
  await becomes("exception-old", "ALARM", 22)
  await minutesUntil(async () => (await stillPaying(begun)) === 0, 60)
  await minutesUntil(async () => (await alarmsThatAreOn()).length === 0, 60)
})

const QUEUES: [what: string, alarm: string, queue: string][] = [
  ["a question that nobody can answer", "dead-letters-wechat", "poll-wechat-dead-letters"],
  ["an event of a failed reversal that got lost", "lost-undo-events", "undo-order-failed-lost"],
]

for (const [what, alarm, queue] of QUEUES) {
  test(`${what} is heard of until it is gone`, async () => {
    const { endpoints, credentials } = running.platform
    const sqs = new SQSClient(clientOptions(endpoints.sqs, credentials))
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `MetroPay-local-${queue}` }))
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "no question" }))
    await becomes(alarm, "ALARM", 8)
    await sqs.send(new PurgeQueueCommand({ QueueUrl }))
    await becomes(alarm, "OK", 30)
    sqs.destroy()
  })
}

test("a stream record that no retry could deliver is heard of until somebody has taken care of it", async () => {
  const folder = join(running.dataDir, "failed-stream")
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "MetroPay-local-effects-1.json"), "{}")
  await becomes("failed-records", "ALARM", 12)
  rmSync(folder, { recursive: true })
  await becomes("failed-records", "OK", 30)
})

test("a reversal that the channel refuses calls a person until it is settled", async () => {
  const tradeNo = "92243371668935635577005983"
  const refused = { tradeNo, merchantId: "M10001", kind: "undo refused", lastTried: "NOT_ENOUGH" } as const
  await desk.note(refused, nowMs())
  await becomes("undo-refused", "ALARM", 12)
  assert.notEqual(await state("exception-old"), "ALARM")
  await desk.resolve(tradeNo, "undo refused", nowMs())
  await becomes("undo-refused", "OK", 30)
})

test("a hundred wrong signatures within five minutes are noticed, a few are not", async () => {
  const wrong = async () => {
    const { path, headers, body } = till.sign("orderquery", { out_request_no: "A1" }, nowMs())
    const Signature = `sig1=:${Buffer.alloc(256).toString("base64")}:`
    const answer = await fetch(running.url + path, {
      method: "POST",
      headers: { ...headers, Signature },
      body: new Uint8Array(body),
    })
    assert.equal(answer.status, 401)
  }
  for (let time = 0; time < 10; time++) await wrong()
  await minutes(2)
  assert.equal(await state("signatures-refused"), "OK")
  for (let time = 0; time < 100; time++) await wrong()
  await becomes("signatures-refused", "ALARM", 3)
  await becomes("signatures-refused", "OK", 30)
})
