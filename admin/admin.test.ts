import assert from "node:assert/strict"
import { statSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { readEnvironment } from "../functions/environment.ts"
import { clientOptions } from "../local/account.ts"
import { findConnection } from "../local/connection-file.ts"
import { exceptionStore } from "../persistence/exception-store.ts"
import {
  helper,
  type Running,
  runPlatform,
  Till,
  until,
  wechatBooks,
} from "../test/journeys/running-platform.ts"
import type { AuditEntry } from "../usecases/ports.ts"
import { type Ended, admin as runAdmin } from "./running-admin.ts"
import { variablesFrom } from "./stage-target.ts"

const WHO = ["--operator", "li.na", "--reason", "customer asks at the counter"]
const CODE = "134567890123456789"

let running: Running
let till: Till
let dynamodb: DynamoDBClient
let number = 0

before(async () => {
  running = await runPlatform()
  till = new Till(running, "M10001")
  const { endpoints, credentials } = running.platform
  dynamodb = new DynamoDBClient(clientOptions(endpoints.dynamodb, credentials))
})
after(async () => {
  dynamodb?.destroy()
  await running?.stop()
})

const admin = (...args: string[]): Promise<Ended> => runAdmin([...args, "--data", running.dataDir])

/** Its two numbers. */
async function pay(totalFee: number): Promise<{ tradeNo: string; outRequestNo: string }> {
  number += 1
  const outRequestNo = `A${number}`
  const { data } = await till.call("applypay", {
    out_request_no: outRequestNo,
    qrcode: `${CODE.slice(0, -2)}${String(number).padStart(2, "0")}`,
    body: "早餐",
    total_fee: totalFee,
    store_id: "SZTX001",
  })
  return { tradeNo: String(data.pay_out_trade_no), outRequestNo }
}

async function auditOf(tradeNo: string): Promise<AuditEntry[]> {
  const { out } = await admin("audit", "--json", "--limit", "1000")
  return (JSON.parse(out) as AuditEntry[]).filter(({ subject }) => subject === tradeNo).reverse()
}

test("the connection is told to the folder's owner only", () => {
  assert.equal(statSync(join(running.dataDir, "connection.json")).mode & 0o777, 0o600)
  assert.equal(findConnection(running.dataDir)?.publicUrl, running.url)
})

test("an empty desk says so", async () => {
  assert.deepEqual(await admin("exceptions"), { code: 0, out: "The exceptions desk is empty.\n", err: "" })
})

test("an order that stays unknown stands on the desk, is seen, asked about and undone by name", async () => {
  const { tradeNo, outRequestNo } = await pay(1903)
  const nowMs = running.platform.clock.nowMs()
  const exception = { tradeNo, merchantId: "", kind: "not final", lastTried: "waiting for password" } as const
  await exceptionStore(dynamodb, running.platform.tables.main).note(exception, nowMs - 12 * 60_000)

  const desk = await admin("exceptions")
  assert.match(desk.out, /^1 exception on the desk/)
  assert.match(desk.out, new RegExp(`${tradeNo}  M10001  not final`))
  assert.match(desk.out, /since {2}.*, 12 minutes ago/)
  assert.match(desk.out, /tried {2}1 time, .*: waiting for password/)
  assert.match(desk.out, /PAYING .*19\.03 yuan/)
  assert.match(desk.out, /next {3}requery, reverse\n/)
  const [listed] = JSON.parse((await admin("exceptions", "--json")).out)
  assert.deepEqual(listed.next, { requery: true, reverse: true })

  const byNumber = await admin("order", tradeNo)
  assert.match(byNumber.out, /state {4}PAYING/)
  assert.match(byNumber.out, /the customer is asked for the password/)
  const byMerchant = await admin("order", "M10001", outRequestNo, "--json")
  const shown = JSON.parse(byMerchant.out)
  assert.equal(shown.tradeNo, tradeNo)
  for (const { out } of [desk, byNumber, byMerchant]) assert.doesNotMatch(out, /fingerprint|13456789/)

  const asked = await admin("requery", tradeNo, ...WHO)
  assert.equal(asked.code, 0, asked.err)
  assert.match(asked.out, /no clear word; the platform goes on asking by itself/)

  const unconfirmed = await admin("reverse", tradeNo, ...WHO)
  assert.equal(unconfirmed.code, 1)
  assert.match(unconfirmed.err, /no terminal to ask on: write --yes/)

  const undone = await admin("reverse", tradeNo, ...WHO, "--yes")
  assert.equal(undone.code, 0, undone.err)
  assert.match(undone.out, /goes on by itself|Finished: the channel took nothing/)
  const order = await admin("order", tradeNo, "--json")
  assert.match(JSON.parse(order.out).state, /REVERSING|CLOSED/)

  const trail = await auditOf(tradeNo)
  assert.deepEqual(
    trail.map(({ operator, action }) => `${operator} ${action}`),
    ["li.na requery", "li.na requery outcome", "li.na reverse", "li.na reverse outcome"],
  )
  assert.equal(trail[0]?.detail, "customer asks at the counter")
  assert.match(trail[1]?.detail ?? "", /^left alone: PAYING$/)
})

test("a paid order is undone on its day, and its money goes back once", async () => {
  const { tradeNo } = await pay(1200)
  const refused = await admin("requery", tradeNo, ...WHO)
  assert.equal(refused.code, 1)
  assert.match(refused.err, /it is paid: there is nothing to ask/)

  const undone = await runAdmin(
    ["reverse", tradeNo, "--reason", "wrong shop", "--yes", "--data", running.dataDir],
    {
      METRO_PAY_OPERATOR: "王芳",
    },
  )
  assert.deepEqual([undone.code, undone.err], [0, ""])
  assert.match(undone.out, /^Finished: the whole amount went back\. The order is CLOSED\.|goes on by itself/)
  const books = await until(
    () => wechatBooks(running, tradeNo),
    ({ returned }) => returned > 0,
  )
  assert.deepEqual([books.charged, books.returned], [1200, 1200])
  assert.deepEqual([...new Set((await auditOf(tradeNo)).map((it) => it.operator))], ["王芳"])

  const again = await admin("reverse", tradeNo, ...WHO, "--yes")
  assert.equal(again.code, 1)
  assert.match(again.err, /nothing to undo/)
})

test("what a channel refused is taken off the desk by a person, on record, and nothing else is", async () => {
  const { tradeNo, outRequestNo } = await pay(1300)
  const desk = exceptionStore(dynamodb, running.platform.tables.main)
  const nowMs = running.platform.clock.nowMs()
  const note = { tradeNo, merchantId: "M10001", lastTried: "NOT_ENOUGH" }
  await desk.note({ ...note, kind: "undo refused" }, nowMs - 60_000)
  await desk.note({ ...note, kind: "surplus" }, nowMs - 60_000)
  const settle = (...words: string[]) => admin("exceptions", "settle", ...words, ...WHO)

  const unasked = await settle("M10001", outRequestNo, "undo", "refused")
  assert.match(unasked.err, /no terminal to ask on/)
  const other = await settle(tradeNo, "surplus", "--yes")
  assert.deepEqual([other.code, other.out], [2, ""])
  assert.match(other.err, /write: exceptions settle NUMBER "undo refused" \| "refund refused"/)
  assert.match(
    (await settle(tradeNo, "refund refused", "--yes")).err,
    /no "refund refused" of .* on the desk/,
  )

  const settled = await settle(tradeNo, "undo refused", "--yes")
  assert.deepEqual([settled.code, settled.out], [0, `"undo refused" of ${tradeNo} is off the desk.\n`])
  const left = (await desk.list(100)).filter((it) => it.tradeNo === tradeNo)
  assert.deepEqual(
    left.map(({ kind }) => kind),
    ["surplus"],
  )
  assert.match((await settle(tradeNo, "undo refused", "--yes")).err, /no "undo refused" of/)
  assert.deepEqual(
    (await auditOf(tradeNo)).map(({ action, detail }) => [action, detail]),
    [
      ["exceptions settle", "undo refused: customer asks at the counter"],
      ["exceptions settle outcome", "done"],
    ],
  )
  await desk.resolve(tradeNo, "surplus", nowMs)
})

test("a number that names no order is refused, and nothing is closed by it", async () => {
  const unseen = await admin("reverse", "M10001", "never-sent", ...WHO, "--yes")
  assert.deepEqual([unseen.code, unseen.err], [1, "refused: there is no order M10001 never-sent\n"])
  assert.equal((await admin("order", "M10001", "never-sent")).code, 1)
  assert.equal((await admin("order", "123")).code, 2)
})

test("the queues are counted with their dead letters", async () => {
  const { out } = await admin("redrive")
  assert.match(out, /^wechat +questions +\d+ waiting/)
  assert.match(out, /dead letters +0 waiting, 0 for later, 0 being worked on/)
})

test("a stage is found by the outputs of its stacks, and what they lack is named", async () => {
  const outputs: Record<string, string> = {
    MainTableName: running.platform.tables.main,
    SettingsTableName: running.platform.tables.settings,
    DataKeyId: running.platform.keyIds.data,
    RootKeyId: running.platform.keyIds.root,
    ApiUrl: running.url,
    PollQueues: JSON.stringify(running.platform.pollQueues),
    NotificationQueues: "{}",
    ChannelUrls: "{}",
    MovementsBucketName: "movements",
    BillsBucketName: "bills",
    UndoWorkflowArn: "arn:aws:states:us-east-1:000000000000:stateMachine:undo",
    RefundWorkflowArn: "arn:aws:states:us-east-1:000000000000:stateMachine:refund",
    Speed: "1",
    Tuning: `{"lateChargeMs":5000}`,
  }
  const told = variablesFrom("test", new Map(Object.entries(outputs)))
  assert.deepEqual(readEnvironment(told).tuning, { lateChargeMs: 5_000 })
  const stacks = createServer((_, response) => {
    response.setHeader("content-type", "text/xml").end(describeStacksAnswer(outputs))
  })
  stacks.listen(0, "127.0.0.1")
  await new Promise((resolve) => stacks.once("listening", resolve))
  const { accessKeyId, secretAccessKey } = running.platform.credentials
  const env = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${(stacks.address() as AddressInfo).port}`,
    AWS_ENDPOINT_URL_DYNAMODB: running.platform.endpoints.dynamodb,
  }
  try {
    const found = await runAdmin(["audit", "--stage", "test"], env)
    assert.deepEqual([found.code, found.err], [0, ""])
    assert.match(found.out, /li\.na {2}requery {2}\d{26} {2}customer asks/)
    delete outputs.UndoWorkflowArn
    const lacking = await runAdmin(["audit", "--stage", "test"], env)
    assert.equal(lacking.code, 1)
    assert.match(lacking.err, /MetroPay-test-\* have no output UndoWorkflowArn/)
  } finally {
    stacks.close()
    stacks.closeAllConnections()
  }
  assert.throws(() => variablesFrom("test", new Map()), /MainTableName, .*Speed, Tuning/)
})

function describeStacksAnswer(outputs: Record<string, string>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value.replaceAll('"', "&quot;")}</OutputValue></member>`,
  )
  const stack = `<member><StackName>s</StackName><Outputs>${members.join("")}</Outputs></member>`
  return `<DescribeStacksResponse><DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult></DescribeStacksResponse>`
}

test("an order paid on an earlier day is left to a refund", async () => {
  const { tradeNo } = await pay(1500)
  await helper(running, "POST", "/local/clock", { advance_ms: 86_400_000 })
  const { code, err } = await admin("reverse", tradeNo, ...WHO, "--yes")
  assert.deepEqual([code, err], [1, "refused: it was paid on an earlier day: a refund is the way\n"])
  assert.match((await admin("order", tradeNo)).out, /made .*, 1 day ago/)
  assert.deepEqual(await auditOf(tradeNo), [])
})
