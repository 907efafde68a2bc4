import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { randomInt } from "node:crypto"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { promisify } from "node:util"
import { type Running, runPlatform } from "./running-platform.ts"

const run = promisify(execFile)
const SIGNER = join(import.meta.dirname, "../../docs/merchants/sign.sh")

let running: Running
before(async () => {
  running = await runPlatform()
})
after(() => running?.stop())

test("a shop pays from bash and openssl alone", async (context) => {
  for (const tool of ["bash", "openssl", "curl"]) {
    const found = await run(tool, [tool === "openssl" ? "version" : "--version"]).then(
      () => true,
      () => false,
    )
    if (!found) return context.skip(`${tool} is missing on this machine`)
  }
  const sign = async (name: string, input: unknown) => {
    const folder = join(running.dataDir, "demo", "M10001")
    const path = `/metro/payment/v1/api/qrcode/${name}`
    const { stdout } = await run("bash", [SIGNER, folder, path, JSON.stringify(input)])
    return JSON.parse(stdout)
  }
  const qrcode = `13${Array.from({ length: 16 }, () => randomInt(10)).join("")}`
  const shop = { out_request_no: "H1", qrcode, body: "早餐 “豆浆”", total_fee: 450, store_id: "SZTX001" }
  const paid = await sign("applypay", shop)
  assert.equal(paid.code, "SUCCESS")
  assert.equal(paid.data.pay_status, "PS_SUCCESS")
  const asked = await sign("orderquery", { out_request_no: "H1" })
  assert.deepEqual(asked.data, paid.data)
})
