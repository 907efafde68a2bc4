import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3"
import { getSignedUrl } from "@aws-sdk/s3-request-presigner"
import { objectStore } from "../persistence/object-store.ts"
import { clientOptions } from "./account.ts"
import { startS3 } from "./s3.ts"

const dir = mkdtempSync(join(tmpdir(), "s3-"))
const credentials = { accessKeyId: "local1", secretAccessKey: "secret1" }
const Bucket = "MetroPay-local-Data-Bills"
let nowMs = Date.now()
let s3: S3Client
let server: Awaited<ReturnType<typeof start>>

async function start() {
  const buckets = {
    [Bucket]: { dir: join(dir, "bills") },
    failed: { dir: join(dir, "failed-stream"), below: "aws/lambda/" },
  }
  const started = await startS3({ buckets, credentials, nowMs: () => nowMs })
  s3 = new S3Client({ ...clientOptions(started.url, credentials), maxAttempts: 1 })
  return started
}

before(async () => {
  server = await start()
})
after(async () => {
  s3.destroy()
  await server.close()
  rmSync(dir, { recursive: true })
})

test("what was put is got back, byte for byte, also after a restart", async () => {
  const Body = Buffer.from([0, 1, 2, 255, 13, 10])
  await s3.send(new PutObjectCommand({ Bucket, Key: "bills/M1/20260101.csv", Body }))
  s3.destroy()
  await server.close()
  server = await start()
  const store = objectStore(s3, Bucket)
  assert.deepEqual(await store.get("bills/M1/20260101.csv"), Body)
  assert.equal(await store.get("bills/M1/20260102.csv"), undefined)
  const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket, Key: "bills/M1/20260101.csv" }))
  assert.equal(ContentLength, 6)
  assert.deepEqual(readdirSync(join(dir, "bills", "bills", "M1")), ["20260101.csv"])
})

test("keys are texts, whatever they look like as files", async () => {
  const store = objectStore(s3, Bucket)
  const keys = ["odd/../up", "odd/%2e/x", "odd/a b+c&d=é", "odd/.", "odd/<&>\"'"]
  for (const key of keys) await store.put(key, key, "text/plain")
  for (const key of keys) assert.equal((await store.get(key))?.toString(), key)
  const found: string[] = []
  for await (const page of store.list("odd/")) found.push(...page.map(({ key }) => key))
  assert.deepEqual(found, [...keys].sort())
})

test("put only where there is none: of many at once one wins", async () => {
  const store = objectStore(s3, Bucket)
  const bodies = Array.from({ length: 8 }, (_, it) => `body ${it}`)
  const won = await Promise.all(bodies.map((body) => store.putIfAbsent("once/a", body, "text/plain")))
  assert.equal(won.filter((it) => it).length, 1)
  assert.equal((await store.get("once/a"))?.toString(), bodies[won.indexOf(true)])
  assert.deepEqual(readdirSync(join(dir, "bills", "once")), ["a"])
})

test("listing goes on where the page before ended, and after a key", async () => {
  const store = objectStore(s3, Bucket)
  const keys = Array.from({ length: 25 }, (_, it) => `list/${String(it).padStart(2, "0")}`)
  await Promise.all(keys.map((key) => store.put(key, key, "text/plain")))
  const found: string[] = []
  let ContinuationToken: string | undefined
  let pages = 0
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: "list/", MaxKeys: 10, ContinuationToken }),
    )
    assert.equal(page.KeyCount, page.Contents?.length)
    assert.ok(page.Contents?.every(({ Size }) => Size === 7))
    found.push(...(page.Contents ?? []).map(({ Key = "" }) => Key))
    ContinuationToken = page.NextContinuationToken
    pages += 1
  } while (ContinuationToken)
  assert.deepEqual([found, pages], [keys, 3])
  const later: string[] = []
  for await (const page of store.list("list/", "list/21")) later.push(...page.map(({ key }) => key))
  assert.deepEqual(later, ["list/22", "list/23", "list/24"])
})

test("folders are told once each", async () => {
  const store = objectStore(s3, Bucket)
  for (const key of ["days/20260101/a", "days/20260101/b", "days/20260102/a", "days/20260103/a", "days/x"]) {
    await store.put(key, "", "text/plain")
  }
  assert.deepEqual(await store.folders("days/", ""), ["20260101", "20260102", "20260103"])
  assert.deepEqual(await store.folders("days/", "20260102"), ["20260102", "20260103"])
})

test("a bucket below a prefix shows the files that others put into its folder", async () => {
  const list = async () => (await s3.send(new ListObjectsV2Command({ Bucket: "failed" }))).Contents ?? []
  assert.deepEqual(await list(), [])
  mkdirSync(join(dir, "failed-stream"))
  writeFileSync(join(dir, "failed-stream", "effects-1.json"), "{}")
  assert.deepEqual(
    (await list()).map(({ Key }) => Key),
    ["aws/lambda/effects-1.json"],
  )
})

test("what is not offered, not there or not allowed is refused by S3's names", async () => {
  const refused = (sent: Promise<unknown>, name: string) => assert.rejects(sent, { name })
  await refused(s3.send(new DeleteObjectCommand({ Bucket, Key: "a" })), "NotImplemented")
  await refused(s3.send(new GetObjectCommand({ Bucket, Key: "nothing" })), "NoSuchKey")
  await refused(s3.send(new GetObjectCommand({ Bucket: "other", Key: "a" })), "NoSuchBucket")
  const stranger = new S3Client(clientOptions(server.url, { ...credentials, accessKeyId: "other" }))
  await refused(stranger.send(new GetObjectCommand({ Bucket, Key: "bills/M1/20260101.csv" })), "AccessDenied")
  stranger.destroy()
  assert.equal((await fetch(`${server.url}/${Bucket}/bills/M1/20260101.csv`)).status, 403)
})

const link = (expiresIn = 300, client = s3) =>
  getSignedUrl(
    client,
    new GetObjectCommand({
      Bucket,
      Key: "bills/M1/20260101.csv",
      ResponseContentType: "text/csv; charset=utf-8",
      ResponseContentDisposition: 'attachment; filename="b (1).csv"',
    }),
    { expiresIn },
  )

test("a link fetches its object, under the name and type that it says", async () => {
  const response = await fetch(await link())
  assert.equal(response.status, 200)
  assert.equal(response.headers.get("content-type"), "text/csv; charset=utf-8")
  assert.equal(response.headers.get("content-disposition"), 'attachment; filename="b (1).csv"')
  assert.equal((await response.arrayBuffer()).byteLength, 6)
})

test("a link ends by the platform's clock", async () => {
  const url = await link(300)
  const begunMs = nowMs
  nowMs = begunMs + 298_000
  assert.equal((await fetch(url)).status, 200)
  nowMs = begunMs + 302_000
  const late = await fetch(url)
  assert.equal(late.status, 403)
  assert.match(await late.text(), /<Code>AccessDenied<\/Code><Message>Request has expired/)
  nowMs = begunMs
})

test("a link that was changed, or made with another secret, fetches nothing", async () => {
  const url = await link()
  const changes: [string, string][] = [
    ["20260101.csv", "20260102.csv"],
    ["X-Amz-Expires=300", "X-Amz-Expires=600"],
    ["filename", "filenome"],
    ["X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="],
    ["X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=none"],
  ]
  for (const [from, to] of changes) {
    assert.ok(url.includes(from), from)
    const { status } = await fetch(url.replace(from, to))
    assert.ok(status === 403 || status === 400, `${to}: ${status}`)
  }
  assert.equal((await fetch(url, { method: "HEAD" })).status, 403)
  const forger = new S3Client(clientOptions(server.url, { ...credentials, secretAccessKey: "other" }))
  assert.equal((await fetch(await link(300, forger))).status, 403)
  forger.destroy()
})
