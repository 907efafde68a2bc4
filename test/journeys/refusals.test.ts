import assert from "node:assert/strict"
import { generateKeyPairSync } from "node:crypto"
import { after, before, test } from "node:test"
import { helper, Phone, type Running, runPlatform, type SignedCall, Till } from "./running-platform.ts"

let running: Running
let till: Till
let phone: Phone
let number = 0

before(async () => {
  running = await runPlatform()
  till = new Till(running, "M10001")
  phone = await Phone.of(running, "U10001")
})
after(() => running?.stop())

function order(fields: Record<string, unknown> = {}) {
  number += 1
  const valid = {
    out_request_no: `R${number}`,
    qrcode: "hello",
    body: "早餐",
    total_fee: 100,
    store_id: "SZTX001",
  }
  return { ...valid, ...fields }
}

const MISSING = undefined

test("each field that is missing, malformed or out of range is named in the refusal, and no order comes of it", async () => {
  const bad: [string, unknown][] = [
    ["out_request_no", MISSING],
    ["out_request_no", ""],
    ["out_request_no", "a".repeat(65)],
    ["out_request_no", "有空格"],
    ["out_request_no", 12],
    ["qrcode", MISSING],
    ["qrcode", ""],
    ["qrcode", "1".repeat(129)],
    ["body", MISSING],
    ["body", ""],
    ["body", "字".repeat(129)],
    ["body", "\ud800"],
    ["total_fee", MISSING],
    ["total_fee", 0],
    ["total_fee", -1],
    ["total_fee", 1.5],
    ["total_fee", "100"],
    ["total_fee", 100_000_001],
    ["total_fee", 2 ** 60],
    ["store_id", MISSING],
    ["store_id", "S".repeat(33)],
    ["extra_data", "字".repeat(86)],
    ["extra_data", null],
    ["notify_url", "ftp://example.com"],
    ["notify_url", `https://example.com/${"a".repeat(250)}`],
  ]
  for (const [field, value] of bad) {
    const request = order({ [field]: value })
    const said = await till.call("applypay", request)
    assert.deepEqual([said.status, said.code], [400, "INVALID_PARAMETER"], `${field} ${value}`)
    assert.ok(said.message.includes(field), said.message)
    if (field !== "out_request_no") {
      const asked = await till.call("orderquery", { out_request_no: request.out_request_no })
      assert.equal(asked.code, "ORDER_NOT_FOUND")
    }
  }
  const unknown = await till.call("applypay", order({ colour: "red" }))
  assert.ok(unknown.message.includes("colour"))
  for (const [name, input] of [
    ["orderquery", {}],
    ["orderquery", { pay_out_trade_no: "12" }],
    ["queryuid", {}],
  ] as const) {
    assert.equal((await till.call(name, input)).code, "INVALID_PARAMETER")
  }
})

test("the limits themselves are allowed", async () => {
  const widest = {
    body: "字".repeat(128),
    qrcode: "q".repeat(128),
    extra_data: "x".repeat(256),
    store_id: "S".repeat(32),
  }
  for (const fields of [
    widest,
    { total_fee: 100_000_000 },
    { out_request_no: "_-".repeat(32) },
    { extra_data: "" },
  ]) {
    assert.equal((await till.call("applypay", order(fields))).code, "SUCCESS", JSON.stringify(fields))
  }
})

test("what is no JSON object is refused in plain words", async () => {
  for (const text of ["", "null", "[]", "{", '"text"', "12", "\uFEFF{}", "{}".repeat(2)]) {
    const said = await till.call("applypay", Buffer.from(text))
    assert.deepEqual([said.status, said.code], [400, "INVALID_PARAMETER"], text)
  }
  const notUtf8 = Buffer.concat([Buffer.from('{"body":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
  assert.equal((await till.call("applypay", notUtf8)).code, "INVALID_PARAMETER")
  const deep = Buffer.from(`{"body":${"[".repeat(30_000)}${"]".repeat(30_000)}}`)
  assert.equal((await till.call("applypay", deep)).code, "INVALID_PARAMETER")
})

test("messages are Chinese unless English is preferred", async () => {
  const call = till.sign("applypay", order({ total_fee: 0 }))
  assert.ok((await till.send(call)).message.includes("整数"))
  const english = till.sign("applypay", order({ total_fee: 0 }))
  english.headers["Accept-Language"] = "en-GB,en;q=0.9,zh;q=0.5"
  assert.ok((await till.send(english)).message.includes("must be an integer"))
})

test("an unsigned, altered, stale, wrongly keyed or oversized call is refused with its own code", async () => {
  const alter = (change: (call: SignedCall) => Partial<SignedCall>) => {
    const call = till.sign("applypay", order())
    return till.send({ ...call, ...change(call) })
  }
  const withHeaders = (change: Record<string, string>) =>
    alter(({ headers }) => ({ headers: { ...headers, ...change } }))
  const input = (call: SignedCall) => call.headers["Signature-Input"] ?? ""
  const refusals: [string, Promise<{ status: number; code: string }>][] = [
    ["SIGNATURE_MISSING", alter(() => ({ headers: { "Content-Type": "application/json" } }))],
    ["SIGNATURE_INVALID", withHeaders({ "Signature-Input": "sig1=(" })],
    ["DIGEST_MISMATCH", alter(({ body }) => ({ body: Buffer.from(body.toString().replace("100", "101")) }))],
    ["SIGNATURE_INVALID", alter(({ path }) => ({ path: path.replace("applypay", "orderquery") }))],
    ["SIGNATURE_EXPIRED", till.send(till.sign("applypay", order(), Date.now() - 301_000))],
    ["SIGNATURE_EXPIRED", till.send(till.sign("applypay", order(), Date.now() + 301_000))],
    [
      "KEY_UNKNOWN",
      alter((call) => ({
        headers: { ...call.headers, "Signature-Input": input(call).replace("M10001/K1", "M10001/K9") },
      })),
    ],
    ["BODY_TOO_LARGE", till.call("applypay", order({ body: "x".repeat(65_536) }))],
  ]
  const statuses: Record<string, number> = { BODY_TOO_LARGE: 413 }
  for (const [code, said] of refusals) {
    const { status, code: found } = await said
    assert.deepEqual([found, status], [code, statuses[code] ?? 401])
  }
  const expired = await till.send(till.sign("applypay", order(), Date.now() - 301_000))
  assert.ok(Math.abs(Number(expired.data.server_time) - Date.now() / 1000) < 5)
})

test("another merchant's key does not sign for this one", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const thief = new Till(running, "M10002")
  for (const key of [privateKey, thief.privateKey]) {
    const forged = Object.create(till, { privateKey: { value: key } }) as Till
    const call = Till.prototype.sign.call(forged, "orderquery", { out_request_no: "R1" })
    const said = await till.send(call)
    assert.equal(said.code, "SIGNATURE_INVALID")
    assert.ok(
      String(said.data.expected_signature_base).includes('"@target-uri"'),
      "explained outside production",
    )
  }
})

test("tokens of nobody are refused", async () => {
  for (const authorization of [undefined, "Bearer ", "Bearer a.b.c", "Basic eA=="]) {
    const response = await fetch(`${running.url}/metro/payment/v1/app/code`, {
      method: "POST",
      headers: authorization === undefined ? {} : { authorization },
    })
    assert.equal(response.status, 401)
    assert.equal(((await response.json()) as { code: string }).code, "TOKEN_INVALID")
  }
  const wrong = await phone.call("POST", "/code", { pay_type: "CT_CASH" })
  assert.equal(wrong.code, "INVALID_PARAMETER")
  assert.equal((await phone.call("GET", "/records?limit=0")).code, "INVALID_PARAMETER")
  assert.equal((await phone.call("GET", "/records/12")).code, "INVALID_PARAMETER")
})

test("the hundred-and-first wrong code in five minutes is not looked at any more, at this merchant only", async () => {
  const other = new Till(running, "M10002")
  const { now } = await helper<{ now: string }>(running, "POST", "/local/clock", { advance_ms: 300_000 })
  const nowMs = Date.parse(now)
  const wrong = (who: Till) =>
    who.send(who.sign("queryuid", { qrcode: "92000000000000000000" }, nowMs), nowMs)
  const said = await Promise.all(Array.from({ length: 104 }, () => wrong(other)))
  const limited = said.filter((it) => it.code === "TOO_MANY_REQUESTS")
  assert.equal(limited.length, 4)
  assert.ok(limited.every((it) => it.status === 429 && Number(it.headers.get("retry-after")) > 0))
  assert.equal((await wrong(till)).code, "CODE_NOT_FOUND")
})

test("an expired code is refused, and watched as expired", async () => {
  const { qrcode, payId } = await phone.showCode()
  const { now } = await helper<{ now: string }>(running, "POST", "/local/clock", { advance_ms: 63_000 })
  const nowMs = Date.parse(now)
  assert.equal((await phone.call("GET", `/payments/${payId}`)).data.status, "EXPIRED")
  const said = await till.send(till.sign("applypay", order({ qrcode }), nowMs), nowMs)
  assert.equal(said.data.pay_err_code, "CODE_EXPIRED")
})
