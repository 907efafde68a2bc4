import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { findConnection, publishConnection } from "./connection-file.ts"

const dir = mkdtempSync(join(tmpdir(), "connection-"))
after(() => rmSync(dir, { recursive: true }))

const published = {
  environment: {
    STAGE: "local",
    MAIN_TABLE: "main",
    SETTINGS_TABLE: "settings",
    DATA_KEY_ID: "data",
    ROOT_KEY_ID: "root",
    POLL_QUEUES: `{"wechat":"http://127.0.0.1:1/poll"}`,
    NOTIFICATION_QUEUES: `{"first":"http://127.0.0.1:1/first","repeats":"http://127.0.0.1:1/repeats"}`,
    CHANNEL_URLS: `{"wechat":"http://127.0.0.1:2"}`,
    MOVEMENTS_BUCKET: "movements",
    BILLS_BUCKET: "bills",
    UNDO_WORKFLOW_ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:undo",
    REFUND_WORKFLOW_ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:refund",
    PUBLIC_URL: "http://127.0.0.1:3",
    SPEED: "20",
    TUNING: `{"lateChargeMs":5000}`,
  },
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  endpoints: {
    dynamodb: "http://127.0.0.1:4",
    kms: "http://127.0.0.1:5",
    s3: "http://127.0.0.1:5",
    sfn: "http://127.0.0.1:6",
    sqs: "http://127.0.0.1:7",
  },
}

test("a running platform is found by its folder, by the owner only, until it takes the connection away", () => {
  assert.equal(findConnection(dir), undefined)
  const takeAway = publishConnection(dir, published)
  assert.equal(statSync(join(dir, "connection.json")).mode & 0o777, 0o600)
  const found = findConnection(dir)
  assert.equal(found?.speed, 20)
  assert.deepEqual(found?.tuning, { lateChargeMs: 5_000 })
  assert.deepEqual(found?.pollQueues, { wechat: "http://127.0.0.1:1/poll" })
  assert.deepEqual(found?.endpoints, published.endpoints)
  takeAway()
  assert.equal(findConnection(dir), undefined)
})

test("what a killed platform left behind is no connection", () => {
  publishConnection(dir, published)
  const file = join(dir, "connection.json")
  const { pid } = spawnSync(process.execPath, ["--version"])
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), pid }))
  assert.equal(findConnection(dir), undefined)
})
