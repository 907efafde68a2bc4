import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs"
import { apply, type FirstEvent, type Leg, newOrder, type Order } from "../domain/order.ts"
import { orderStore } from "../persistence/order-store.ts"
import type { OrderStore, PollMessage } from "../usecases/ports.ts"
import { clientOptions, LOCAL_ACCOUNT } from "./account.ts"
import { openClock } from "./clock.ts"
import { createTables, startDynamoDb } from "./dynamodb.ts"
import { findJava } from "./java.ts"
import { armOpenOrders } from "./open-orders.ts"
import { createQueues, startQueueServer } from "./queues.ts"

const credentials = { accessKeyId: "local1", secretAccessKey: "x" }
const NOON_MS = Date.UTC(2025, 5, 1, 4)

function order(outRequestNo: string, event: FirstEvent): Order {
  const leg: Leg = {
    no: 1,
    channel: "wechat",
    accountId: "1900000101",
    settingsVersion: 1,
    intent: "code",
    amountFen: 500,
    state: "PENDING",
    channelTradeNo: undefined,
    couponFen: undefined,
    channelPaidAtMs: undefined,
  }
  const request = {
    merchantId: "M10001",
    outRequestNo,
    code: "1",
    body: "早餐",
    totalFen: 500,
    storeId: "SZTX001",
  }
  return newOrder(request, event, { fingerprint: "f", createdAtMs: NOON_MS, day: "20250601", legs: [leg] })
}

const taken = ({ legs }: Order): Leg[] => legs.map((leg) => ({ ...leg, state: "CHARGED", couponFen: 0 }))
const charged = (paid: Order) => apply(paid, "charged", NOON_MS + 1, { legs: taken(paid) })

/** Writes one after the other what becomes of an order. */
async function become(orders: OrderStore, from: Order, ...steps: Order[]): Promise<void> {
  for (const [index, step] of steps.entries()) {
    assert.deepEqual(await orders.advance(steps[index - 1] ?? from, step), { written: true })
  }
}

test("every order that is not final or holds money it must not is asked about at the start, and no other", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "open-orders-"))
  const java = await findJava(process.env)
  const [database, queues] = await Promise.all([
    startDynamoDb({ java, dir, logFile: join(dir, "db.log") }),
    startQueueServer(openClock(join(dir, "clock.json"))),
  ])
  const dynamodb = new DynamoDBClient(clientOptions(database.url, credentials))
  const sqs = new SQSClient(clientOptions(queues.url, credentials))
  t.after(async () => {
    for (const client of [dynamodb, sqs]) client.destroy()
    await Promise.all([database.close(), queues.close()])
    rmSync(dir, { recursive: true })
  })
  const url = `${queues.url}/${LOCAL_ACCOUNT}/poll`
  await createQueues(queues.url, credentials, [{ name: "poll", arn: "", url, attributes: {} }])
  const attributes = ["pk", "sk"].map((AttributeName) => ({ AttributeName, AttributeType: "S" as const }))
  const input = {
    TableName: "main",
    BillingMode: "PAY_PER_REQUEST" as const,
    AttributeDefinitions: attributes,
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" as const },
      { AttributeName: "sk", KeyType: "RANGE" as const },
    ],
  }
  await createTables(database.url, credentials, [{ name: "main", input }])

  const orders = orderStore(dynamodb, "main")
  const open = order("open", "accepted")
  const paid = order("paid", "accepted")
  const reversed = order("reversed", "accepted")
  const undone = order("undone", "accepted")
  const surplus = order("surplus", "accepted")
  for (const each of [open, paid, reversed, undone, surplus, order("refused", "refused")]) {
    await orders.create(each)
  }
  await become(orders, paid, charged(paid))
  await become(orders, reversed, apply(reversed, "reversalStarted", NOON_MS + 1))
  await become(orders, undone, charged(undone), apply(charged(undone), "undoStarted", NOON_MS + 2))
  const declined = apply(surplus, "declined", NOON_MS + 1)
  await become(
    orders,
    surplus,
    declined,
    apply(declined, "surplusFound", NOON_MS + 2, { legs: taken(declined) }),
  )

  const armed = await armOpenOrders({ dynamodb, sqs, mainTable: "main", pollQueues: { wechat: url } })
  assert.equal(armed, 4)
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
  )
  const asked = Messages.map(({ Body }) => JSON.parse(Body ?? "") as PollMessage)
  assert.deepEqual(
    asked.sort((one, other) => one.tradeNo.localeCompare(other.tradeNo)),
    [open, reversed, undone, surplus]
      .map(({ tradeNo }) => ({ tradeNo, legNo: 1, step: 0 }))
      .sort((one, other) => one.tradeNo.localeCompare(other.tradeNo)),
  )
})
