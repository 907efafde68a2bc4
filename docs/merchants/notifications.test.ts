import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { generateKeyPairSync } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { test } from "node:test"
import { pathToFileURL } from "node:url"
import { NOTIFICATION_TYPES, REPEAT_PLAN_MS } from "../../domain/notification.ts"
import { signNotification } from "../../http/notification-signature.ts"
import { freePort } from "../../local/free-port.ts"

const page = readFileSync(join(import.meta.dirname, "notifications.md"), "utf8")
const root = pathToFileURL(join(import.meta.dirname, "../..")).href
const pair = generateKeyPairSync("rsa", { modulusLength: 2048 })

test("the page's server believes the platform and nobody else, and knows what it has heard", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "shop-"))
  t.after(() => rmSync(dir, { recursive: true }))
  const [, source = ""] = /```ts\n([\s\S]*?)```/.exec(page) ?? []
  writeFileSync(join(dir, "shop.ts"), source.replaceAll(`from "./sdk/`, `from "${root}/sdk/`))
  const jwk = pair.publicKey.export({ format: "jwk" })
  writeFileSync(join(dir, "platform_keys.json"), JSON.stringify({ keys: [{ ...jwk, kid: "p-1" }] }))
  writeFileSync(
    join(dir, "merchant.json"),
    JSON.stringify({ base_url: "http://127.0.0.1:1", platform_root_key: jwk }),
  )
  const port = await freePort()
  const origin = "https://shop.example"
  const shop = spawn(process.execPath, [join(dir, "shop.ts")], {
    env: { PATH: process.env.PATH, PORT: String(port), MERCHANT_FOLDER: dir, PUBLIC_ORIGIN: origin },
    stdio: ["ignore", "pipe", "inherit"],
  })
  t.after(() => shop.kill())
  const lines = createInterface({ input: shop.stdout })[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, "listening")

  const tell = async (eventId: string, sequence: number, path = "/metro-pay") => {
    const body = Buffer.from(
      JSON.stringify({
        event_id: eventId,
        event_type: "payment.succeeded",
        created: new Date().toISOString(),
        sequence,
        data: { pay_status: "PS_SUCCESS", out_request_no: "A1", pay_out_trade_no: "1" },
      }),
    )
    const key = { keyId: "p-1", privateKey: pair.privateKey }
    const signed = { targetUri: `${origin}/metro-pay`, body }
    const headers = signNotification(signed, key, Date.now(), "0123456789abcdef")
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", headers, body })
    return [response.status, (await lines.next()).value]
  }
  assert.deepEqual(await tell("E1", 10), [204, "new payment.succeeded 1"])
  assert.deepEqual(await tell("E1", 10), [204, "seen payment.succeeded 1"])
  assert.deepEqual(await tell("E0", 9), [204, "overtaken payment.succeeded 1"])
  assert.deepEqual(await tell("E2", 11), [204, "new payment.succeeded 1"])
  const [status, said] = await tell("E3", 12, "/elsewhere")
  assert.equal(status, 401)
  assert.match(String(said), /^not believed: the signature does not verify/)
  shop.kill()
  await once(shop, "exit")
})

test("the page names every event and the plan as they are", () => {
  for (const type of NOTIFICATION_TYPES.filter((it) => /^(payment|refund)\./.test(it)))
    assert.ok(page.includes(`\`${type}\``), type)
  const inWords = (ms: number) =>
    ms < 60_000 ? `${ms / 1_000} s` : ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`
  const plan = REPEAT_PLAN_MS.map(inWords)
  const sentence = `after ${plan.slice(0, -1).join(", ")} and ${plan.at(-1)}`
  assert.ok(page.replaceAll(/\s+/g, " ").includes(sentence), sentence)
})
