import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { DeleteObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3"
import { clientOptions } from "./account.ts"
import { startFailedRecordsApi } from "./failed-records-api.ts"

test("the bucket of failed records lists the files of its folder, if it is there, and does nothing else", async (t) => {
  const parent = mkdtempSync(join(tmpdir(), "failed-records-"))
  const folder = join(parent, "failed-stream")
  const api = await startFailedRecordsApi(folder)
  const s3 = new S3Client(clientOptions(api.url, { accessKeyId: "local", secretAccessKey: "x" }))
  t.after(async () => {
    s3.destroy()
    await api.close()
    rmSync(parent, { recursive: true })
  })
  const Bucket = "failed-records"
  const list = async () => {
    const { KeyCount, Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }))
    return { KeyCount, keys: Contents.map(({ Key }) => Key) }
  }
  assert.deepEqual(await list(), { KeyCount: 0, keys: [] })
  mkdirSync(folder)
  writeFileSync(join(folder, "effects-1.json"), "{}")
  assert.deepEqual(await list(), { KeyCount: 1, keys: ["aws/lambda/effects-1.json"] })
  const deleted = s3.send(new DeleteObjectCommand({ Bucket, Key: "aws/lambda/effects-1.json" }))
  await assert.rejects(deleted, { name: "NotImplemented" })
})
