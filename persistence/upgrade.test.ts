/** Upgrading in place: functions of two versions work on the same items for a while. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb"
import { apply } from "../domain/order.ts"
import { reserve } from "../domain/reservation.ts"
import { MAIN_TABLE, type RunningTables, startTables } from "../test/conformance/dynamodb-tables.ts"
import type { Item } from "./attributes.ts"
import { decodeOrder, encodeOrder } from "./order-codec.ts"
import { orderStore } from "./order-store.ts"

/** As the first version wrote it. Never edit: items like it stand in tables. */
const PAID_BY_THE_FIRST_VERSION: Item = {
  pk: { S: "O#41873305719372560925736104" },
  sk: { S: "O" },
  gpk: { S: "M10001#20251120#1" },
  gsk: { S: "1763600000123" },
  f: { N: "1" },
  m: { S: "M10001" },
  n: { S: "till7-000123" },
  s: { S: "SZTX001" },
  b: { S: "早餐" },
  t: { N: "600" },
  fp: { S: "OMSc4a75mvRYGnXT" },
  u: { S: "U10001" },
  pt: { S: "CT_WECHAT" },
  pi: { S: "l4JCv8SNECyAlvT_CO5Kzx" },
  ca: { N: "1763600000123" },
  st: { S: "PAID" },
  v: { N: "2" },
  l: {
    L: [
      {
        M: {
          c: { S: "wechat" },
          a: { S: "main" },
          v: { N: "1" },
          i: { S: "a" },
          t: { N: "600" },
          s: { S: "C" },
          n: { S: "4200002567202511208123456789" },
        },
      },
    ],
  },
  lh: { S: "01KAEXAMPLEHOLDER000000000" },
  lu: { N: "1763600025123" },
  fa: { N: "1763600000456" },
  ev: { S: "amd8e8pez c99" },
}

let tables: RunningTables
before(async () => {
  tables = await startTables()
})
after(() => tables.close())

test("an order that the first version wrote is read, and written again as it was", () => {
  const order = decodeOrder(PAID_BY_THE_FIRST_VERSION)
  assert.deepEqual(
    [order.state, order.totalFen, order.day, order.reservations],
    ["PAID", 600, "20251120", []],
  )
  assert.deepEqual(encodeOrder(order), PAID_BY_THE_FIRST_VERSION)
})

test("what an older version does not know of an item is still there after it wrote", async () => {
  const dynamodb = tables.client
  const main = MAIN_TABLE
  await dynamodb.send(
    new PutItemCommand({
      TableName: main,
      Item: { ...PAID_BY_THE_FIRST_VERSION, zz: { S: "of a later version" } },
    }),
  )
  const orders = orderStore(dynamodb, main)
  const order = await orders.read("41873305719372560925736104")
  assert.ok(order)
  assert.deepEqual(await orders.advance(order, apply(order, "undoStarted", 1763600100000)), { written: true })
  const { pk, sk } = PAID_BY_THE_FIRST_VERSION
  const { Item } = await dynamodb.send(
    new GetItemCommand({
      TableName: main,
      Key: { pk: pk ?? { S: "" }, sk: sk ?? { S: "" } },
      ConsistentRead: true,
    }),
  )
  assert.deepEqual([Item?.zz?.S, Item?.st?.S], ["of a later version", "UNDOING"])
})

test("an order that refunds were sent for says so in its format, so that who knows no refunds leaves it alone", () => {
  const paid = decodeOrder(PAID_BY_THE_FIRST_VERSION)
  const wanted = { refundId: "12345678901234567890123456", generation: 1, amountFen: 100 }
  const reserved = reserve(paid, wanted)
  assert.ok(reserved.kind === "reserved")
  assert.equal(encodeOrder(paid).f?.N, "1")
  assert.equal(encodeOrder(reserved.order).f?.N, "2")
})
