import assert from "node:assert/strict"
import { execFile, spawnSync } from "node:child_process"
import { generateKeyPairSync } from "node:crypto"
import { once } from "node:events"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { promisify } from "node:util"
import { verifyRequest } from "../../http/request-signature.ts"

const SCRIPT = join(import.meta.dirname, "sign.sh")
const PATH = "/metro/payment/v1/api/qrcode/orderquery"
const run = promisify(execFile)

const absent = ["bash", "openssl", "curl"].filter((tool) => spawnSync(tool, ["--version"]).error)
const skip = absent.length > 0 ? `this machine has no ${absent.join(", ")}` : false

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })

/** Answers with what the platform's verification says of the call, and with the body as it came. */
async function startServer(t: TestContext): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const message = {
      method: request.method ?? "",
      targetUri: `${baseUrl}${request.url}`,
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks),
    }
    const key = { algorithm: "rsa-v1_5-sha256" as const, publicKey }
    const verified = await verifyRequest(message, async () => key, Date.now(), { explain: true })
    response
      .writeHead(200, { "x-demo": "yes" })
      .end(JSON.stringify({ verified, body: message.body.toString() }))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => server.close())
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return baseUrl
}

async function merchantFolder(t: TestContext, merchant: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "merchant-"))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, "merchant.json"), merchant)
  await writeFile(join(folder, "private_key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }))
  return folder
}

test("the hand signer's calls verify, with every byte of the body as it was given", { skip }, async (t) => {
  const merchant = { merchant_id: "M10001", key_id: "k-1", base_url: await startServer(t) }
  for (const layout of [JSON.stringify(merchant), JSON.stringify(merchant, null, 2)]) {
    const folder = await merchantFolder(t, layout)
    for (const body of [
      '{"out_request_no":"till7-000123"}',
      '{ "body": "午餐 100% $HOME `x` \\\\ \'" }\n',
      "@/etc/hostname",
    ]) {
      const answer = JSON.parse((await run(SCRIPT, [folder, PATH, body])).stdout)
      assert.equal(answer.body, body)
      assert.deepEqual(
        [answer.verified.ok, answer.verified.merchantId, answer.verified.keyId],
        [true, "M10001", "k-1"],
      )
    }
  }
})

test("the answer's headers are printed on request, and otherwise not", { skip }, async (t) => {
  const folder = await merchantFolder(
    t,
    JSON.stringify({ merchant_id: "M10001", key_id: "k-1", base_url: await startServer(t) }),
  )
  const { stdout } = await run(SCRIPT, [folder, PATH, "{}"], { env: { ...process.env, HEADERS: "1" } })
  assert.match(stdout, /^HTTP\/1\.1 200.*x-demo: yes.*\{"verified"/s)
  assert.match((await run(SCRIPT, [folder, PATH, "{}"])).stdout, /^\{"verified"/)
})

test("without its three arguments the hand signer says how it is used", { skip }, async () => {
  await assert.rejects(run(SCRIPT, ["folder"]), {
    code: 2,
    stderr: /sign\.sh MERCHANT_FOLDER PATH JSON_BODY/,
  })
})

test("the hand signer stays short enough to be read", async () => {
  assert.ok((await readFile(SCRIPT, "utf8")).split("\n").length <= 40)
})
