import assert from "node:assert/strict"
import { randomInt, sign, verify } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, type TestContext, test } from "node:test"
import { type Running, runPlatform, wechatBooks } from "../journeys/running-platform.ts"
import requests from "../vectors/requests.json" with { type: "json" }
import { runSigner, SIGNERS } from "./programs.ts"

const FILES = join(import.meta.dirname, "../../docs/merchants")
const API = "/metro/payment/v1/api/qrcode"

let running: Running
before(async () => {
  running = await runPlatform()
})
after(() => running?.stop())

type Arrived = { method: string; url: string; headers: IncomingHttpHeaders; body: Buffer }

/** Takes one call as it comes; `merchant` is the folder of a merchant who calls there with a key of the vectors. */
async function receiver(t: TestContext, privateKey: string) {
  let arrived: Arrived | undefined
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = "", url = "", headers } = request
    arrived = { method, url, headers, body: Buffer.concat(chunks) }
    response.writeHead(403, { "content-type": "application/json" }).end('{"code":"HEARD"}')
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const folder = mkdtempSync(join(tmpdir(), "merchant-"))
  const merchant = {
    merchant_id: "M10001",
    key_id: "rsa-1",
    base_url: baseUrl,
    platform_root_key: { n: "x" },
  }
  writeFileSync(join(folder, "merchant.json"), JSON.stringify(merchant, undefined, 2))
  writeFileSync(join(folder, "private_key.pem"), privateKey)
  t.after(() => {
    rmSync(folder, { recursive: true })
    server.close()
  })
  const call = () => arrived ?? assert.fail("no call arrived")
  return { folder, baseUrl, call }
}

/** The text to sign, by the recipe that the vectors follow (test/vectors/profile.test.ts holds them to it). */
function signatureBase({ method, headers }: Arrived, targetUri: string): string {
  return [
    `"@method": ${method}`,
    `"@target-uri": ${targetUri}`,
    `"content-digest": ${headers["content-digest"]}`,
    `"@signature-params": ${String(headers["signature-input"]).replace("sig1=", "")}`,
  ].join("\n")
}

for (const signer of SIGNERS) {
  const { language, skip } = signer

  test(`${language}: signs as the vectors do, byte for byte, and sends the body as it was given`, {
    skip,
  }, async (t) => {
    for (const vector of requests.vectors.filter((it) => it.key === "rsa")) {
      const key = requests.keys.rsa.private_key
      const { folder, baseUrl, call } = await receiver(t, key)
      const path = new URL(vector.target_uri).pathname
      const said = await runSigner(signer, folder, path, vector.body)
      assert.deepEqual(said, { status: 403, body: '{"code":"HEARD"}' }, "a refusal is printed too")
      const { headers, body, method, url } = call()
      assert.deepEqual([method, url, body.toString()], ["POST", path, vector.body])
      assert.equal(headers["content-digest"], vector.content_digest)
      assert.match(
        String(headers["signature-input"]),
        /^sig1=\("@method" "@target-uri" "content-digest"\);created=\d+;nonce="[\w-]{16,64}";keyid="M10001\/rsa-1"$/,
      )
      assert.match(String(headers["content-type"]), /^application\/json; ?charset=utf-8$/)
      const signature = sign("sha256", Buffer.from(signatureBase(call(), baseUrl + path)), key)
      assert.equal(headers.signature, `sig1=:${signature.toString("base64")}:`)
    }
  })

  test(`${language}: pays, the same call again charges nothing more, and a question is answered`, {
    skip,
  }, async () => {
    const folder = join(running.dataDir, "demo", "M10001")
    const ask = async (name: string, input: unknown) => {
      const said = await runSigner(signer, folder, `${API}/${name}`, JSON.stringify(input))
      return { ...said, ...(JSON.parse(said.body) as { code: string; data: Record<string, unknown> }) }
    }
    const order = {
      out_request_no: `${language.replace("#", "sharp")}-1`,
      qrcode: `13${Array.from({ length: 16 }, () => randomInt(10)).join("")}`,
      body: "早餐 “豆浆” 100%",
      total_fee: 450,
      store_id: "SZTX001",
    }
    const paid = await ask("applypay", order)
    assert.deepEqual([paid.status, paid.code, paid.data.pay_status], [200, "SUCCESS", "PS_SUCCESS"])
    assert.deepEqual((await ask("applypay", order)).data, paid.data)
    assert.equal((await wechatBooks(running, paid.data.pay_out_trade_no)).charges.length, 1)
    const asked = await ask("orderquery", { out_request_no: order.out_request_no })
    assert.deepEqual(asked.data, paid.data)
    assert.deepEqual((await ask("orderquery", {})).code, "INVALID_PARAMETER")
  })
}

test("Node: signs with a P-256 key as well", async (t) => {
  const node = SIGNERS.find(({ language }) => language === "Node") ?? assert.fail()
  const { private_key, public_key } = requests.keys.ecdsa
  const { folder, baseUrl, call } = await receiver(t, private_key)
  await runSigner(node, folder, `${API}/orderquery`, "{}")
  const base = Buffer.from(signatureBase(call(), `${baseUrl}${API}/orderquery`))
  const signature = Buffer.from(String(call().headers.signature).slice("sig1=:".length, -1), "base64")
  assert.ok(verify("sha256", base, { key: public_key, dsaEncoding: "ieee-p1363" }, signature))
})

test("every signer stays under 40 lines", () => {
  for (const { file } of SIGNERS) {
    const lines = readFileSync(join(FILES, file), "utf8").split("\n")
    assert.ok(lines.filter((line) => line.trim() !== "").length < 40, file)
  }
})
