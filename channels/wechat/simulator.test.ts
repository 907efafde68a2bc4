import assert from "node:assert/strict"
import { generateKeyPairSync, randomBytes, randomInt, sign, verify } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { startWechatSimulator, type WechatSimulator } from "./simulator.ts"

const MCHID = "1900000109"
const APPID = "wxd678efh567hg6787"
const SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
const CONTRACT = "Wx15463511252015071056489715"

const keyPair = () =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  })
const merchantKey = keyPair()
const otherKey = keyPair()
const platformKey = keyPair()
const root = mkdtempSync(join(tmpdir(), "wechat-"))
const clock = { ms: Date.UTC(2026, 0, 2, 3, 4, 5) }
const running: WechatSimulator[] = []

after(async () => {
  for (const channel of running) await channel.close()
  rmSync(root, { recursive: true })
})

async function start(dir: string = mkdtempSync(join(root, "case-")), speed = 1): Promise<WechatSimulator> {
  const channel = await startWechatSimulator({
    dir,
    nowMs: () => clock.ms,
    speed,
    platform: { publicKeyId: "PUB_KEY_ID_0119000001092024", privateKeyPem: platformKey.privateKey },
    merchants: [
      { mchid: MCHID, serialNo: SERIAL, publicKeyPem: merchantKey.publicKey, appids: [APPID] },
      { mchid: "1900000999", serialNo: "OTHER", publicKeyPem: otherKey.publicKey, appids: ["wxother"] },
    ],
  })
  running.push(channel)
  return channel
}
const dir = mkdtempSync(join(root, "shared-"))
const shared = await start(dir)
shared.addContract({ contractId: CONTRACT, mchid: MCHID, openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" })

type Reply = { status: number; code?: string; json: Record<string, unknown>; text: string; headers: Headers }
type Fields = Record<string, unknown>
type CallOptions = {
  body?: unknown
  mchid?: string
  serial?: string
  key?: string
  timestamp?: number
  signedBody?: string
  waitMs?: number
}

/** A merchant's call, signed as https://wechatpay-api.gitbook.io/wechatpay-api-v3/qian-ming-zhi-nan-1/qian-ming-sheng-cheng says. */
async function call(channel: WechatSimulator, method: string, target: string, given: CallOptions = {}) {
  const body = given.body === undefined ? "" : JSON.stringify(given.body)
  const timestamp = given.timestamp ?? Math.floor(clock.ms / 1000)
  const nonce = randomBytes(16).toString("hex").toUpperCase()
  const text = `${method}\n${target}\n${timestamp}\n${nonce}\n${given.signedBody ?? body}\n`
  const signature = sign("RSA-SHA256", Buffer.from(text), given.key ?? merchantKey.privateKey).toString(
    "base64",
  )
  const answer = await fetch(channel.url + target, {
    method,
    ...(body ? { body } : {}),
    headers: {
      Accept: "application/json",
      ...(body ? { "Content-Type": "application/json" } : {}),
      Authorization:
        `WECHATPAY2-SHA256-RSA2048 mchid="${given.mchid ?? MCHID}",nonce_str="${nonce}",signature="${signature}",` +
        `timestamp="${timestamp}",serial_no="${given.serial ?? SERIAL}"`,
    },
    ...(given.waitMs === undefined ? {} : { signal: AbortSignal.timeout(given.waitMs) }),
  })
  const raw = await answer.text()
  const json = raw ? (JSON.parse(raw) as Record<string, unknown>) : {}
  const reply: Reply = { status: answer.status, json, text: raw, headers: answer.headers }
  if (typeof json.code === "string") reply.code = json.code
  return reply
}

/** Whether a call stays without an answer. */
async function isSilent(asked: (waitMs: number) => Promise<Reply>): Promise<boolean> {
  return asked(120).then(
    () => false,
    (error: unknown) => error instanceof Error && error.name === "TimeoutError",
  )
}

const newTradeNo = () => `1${randomDigits(25)}`
const randomDigits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join("")
const newCode = () => `13${randomDigits(16)}`

const codeBody = (outTradeNo: string, total: number, code: string = newCode()): Fields => ({
  appid: APPID,
  mchid: MCHID,
  description: "Bread",
  out_trade_no: outTradeNo,
  attach: "SZTX001",
  payer: { auth_code: code },
  amount: { total, currency: "CNY" },
  scene_info: { device_ip: "127.0.0.1", store_info: { id: "SZTX001" } },
})
const contractBody = (outTradeNo: string, total: number): Fields => ({
  appid: APPID,
  description: "Bread",
  out_trade_no: outTradeNo,
  transaction_notify_url: "https://pay.example.com/notify",
  contract_id: CONTRACT,
  amount: { total, currency: "CNY" },
})

const CODEPAY = "/v3/pay/transactions/codepay"
const APPLY = "/v3/papay/pay/transactions/apply"
const AT_ONCE = "/v3/global/papay/transactions"
const REFUNDS = "/v3/refund/domestic/refunds"

const charge = (no: string, total: number, given: CallOptions = {}, channel = shared) =>
  call(channel, "POST", CODEPAY, { body: codeBody(no, total), ...given })
const query = (no: string, channel = shared) =>
  call(channel, "GET", `/v3/pay/transactions/out-trade-no/${no}?mchid=${MCHID}`)
const reverse = (no: string, given: CallOptions = {}, channel = shared) =>
  call(channel, "POST", `/v3/pay/transactions/out-trade-no/${no}/reverse`, {
    body: { appid: APPID, mchid: MCHID },
    ...given,
  })
const refund = (no: string, refundNo: string, part: number, total: number, given: CallOptions = {}) =>
  call(shared, "POST", REFUNDS, {
    body: { out_trade_no: no, out_refund_no: refundNo, amount: { refund: part, total, currency: "CNY" } },
    ...given,
  })
const money = (no: string, channel = shared) => {
  const { charged, returned } = channel.books(no.slice(0, 26))
  return { charged, returned }
}

// --- signatures ---

test("a call whose signature does not hold is refused with 401, whatever is wrong with it", async () => {
  const no = newTradeNo()
  const body = codeBody(no, 100)
  const wrong: CallOptions[] = [
    { key: otherKey.privateKey },
    { serial: "UNKNOWN" },
    { mchid: "1900000999" },
    { signedBody: JSON.stringify({ ...body, amount: { total: 1 } }) },
    { timestamp: Math.floor(clock.ms / 1000) - 301 },
    { timestamp: Math.floor(clock.ms / 1000) + 301 },
  ]
  for (const given of wrong) {
    const reply = await call(shared, "POST", CODEPAY, { body, ...given })
    assert.equal(`${reply.status} ${reply.code}`, "401 SIGN_ERROR")
  }
  const unsigned = await fetch(shared.url + CODEPAY, { method: "POST", body: "{}" })
  assert.equal(unsigned.status, 401)
  assert.deepEqual(money(no), { charged: 0, returned: 0 })
})

test("every answer is signed with the platform's key, refusals and empty ones too", async () => {
  const no = newTradeNo()
  shared.addContract({ contractId: "C204", mchid: MCHID, openid: "o204" })
  await call(shared, "POST", AT_ONCE, { body: { ...contractBody(no, 903), contract_id: "C204" } })
  const replies = [
    await query(no),
    await query("unknown-number"),
    await call(shared, "GET", "/v3/certificates"),
    await charge(newTradeNo(), 100, { key: otherKey.privateKey }),
    await call(shared, "POST", `/v3/global/papay/transactions/out-trade-no/${no}/reverse`, {
      body: { mchid: MCHID },
    }),
  ]
  assert.deepEqual(
    replies.map((reply) => reply.status),
    [200, 404, 404, 401, 204],
  )
  for (const { headers, text } of replies) {
    assert.equal(headers.get("Wechatpay-Serial"), "PUB_KEY_ID_0119000001092024")
    const signed = `${headers.get("Wechatpay-Timestamp")}\n${headers.get("Wechatpay-Nonce")}\n${text}\n`
    const signature = Buffer.from(headers.get("Wechatpay-Signature") ?? "", "base64")
    assert.ok(verify("RSA-SHA256", Buffer.from(signed), platformKey.publicKey, signature))
  }
})

// --- validation ---

test("missing, ill-typed and out-of-range fields are PARAM_ERROR and name the field", async () => {
  const good = codeBody("number-1", 100)
  const cases: [Fields, string][] = [
    [{ ...good, appid: undefined }, "appid"],
    [{ ...good, description: 7 }, "description"],
    [{ ...good, description: "面".repeat(43) }, "description"],
    [{ ...good, out_trade_no: "short" }, "out_trade_no"],
    [{ ...good, out_trade_no: "1".repeat(33) }, "out_trade_no"],
    [{ ...good, out_trade_no: "number 1" }, "out_trade_no"],
    [{ ...good, amount: { total: 0, currency: "CNY" } }, "amount.total"],
    [{ ...good, amount: { total: "100", currency: "CNY" } }, "amount.total"],
    [{ ...good, amount: { total: 100, currency: "HKD" } }, "amount.currency"],
    [{ ...good, payer: {} }, "payer.auth_code"],
    [{ ...good, scene_info: undefined }, "scene_info"],
    [{ ...good, scene_info: { store_info: {} } }, "scene_info.store_info.id"],
  ]
  for (const [body, field] of cases) {
    const reply = await call(shared, "POST", CODEPAY, { body })
    assert.equal(`${reply.status} ${reply.code}`, "400 PARAM_ERROR", field)
    assert.equal((reply.json.detail as Fields).field, field)
  }
})

test("a merchant cannot speak for another, nor use an appid that is not its own", async () => {
  const no = newTradeNo()
  await charge(no, 100)
  const foreign = { mchid: "1900000999", serial: "OTHER", key: otherKey.privateKey }
  assert.equal((await charge(newTradeNo(), 100, foreign)).code, "NO_AUTH")
  assert.equal(
    (await call(shared, "GET", `/v3/pay/transactions/out-trade-no/${no}?mchid=${MCHID}`, foreign)).code,
    "NO_AUTH",
  )
  const own = await call(shared, "GET", `/v3/pay/transactions/out-trade-no/${no}?mchid=1900000999`, foreign)
  assert.equal(`${own.status} ${own.code}`, "404 ORDER_NOT_EXIST")
  assert.equal((await refund(no, "R-foreign", 1, 100, foreign)).code, "RESOURCE_NOT_EXISTS")
  const body = { ...codeBody(newTradeNo(), 100), appid: "wxother" }
  assert.equal((await call(shared, "POST", CODEPAY, { body })).code, "APPID_MCHID_NOT_MATCH")
})

// --- codes, contracts, numbers ---

test("a plain charge by code pays at once and answers with the transaction", async () => {
  const no = newTradeNo()
  const reply = await charge(no, 888)
  assert.equal(reply.status, 200)
  const { transaction_id: transactionId, payer, ...rest } = reply.json
  assert.match(String(transactionId), /^4200\d{24}$/)
  assert.match(String((payer as Fields).openid), /^o.{27}$/)
  assert.deepEqual(rest, {
    appid: APPID,
    mchid: MCHID,
    out_trade_no: no,
    trade_type: "MICROPAY",
    trade_state: "SUCCESS",
    trade_state_desc: "支付成功",
    bank_type: "OTHERS",
    attach: "SZTX001",
    success_time: "2026-01-02T11:04:05+08:00",
    amount: { total: 888, payer_total: 888, currency: "CNY", payer_currency: "CNY" },
  })
  assert.deepEqual((await query(no)).json, reply.json)
  assert.deepEqual(money(no), { charged: 888, returned: 0 })
})

test("a code is of 18 digits that begin with 10 to 15, and pays for one number only", async () => {
  for (const code of ["1", `16${randomDigits(16)}`, `13${randomDigits(15)}`, `9${randomDigits(19)}`]) {
    const reply = await call(shared, "POST", CODEPAY, { body: codeBody(newTradeNo(), 100, code) })
    assert.equal(`${reply.status} ${reply.code}`, "400 AUTH_CODE_INVALID")
  }
  const code = newCode()
  const [first, second] = [newTradeNo(), newTradeNo()]
  assert.equal((await call(shared, "POST", CODEPAY, { body: codeBody(first, 100, code) })).status, 200)
  const again = await call(shared, "POST", CODEPAY, { body: codeBody(second, 100, code) })
  assert.equal(`${again.status} ${again.code}`, "403 AUTH_CODE_EXPIRE")
  assert.deepEqual(money(second), { charged: 0, returned: 0 })
})

test("the same number takes money once: the same content hears the result, other content is refused", async () => {
  const no = newTradeNo()
  const body = codeBody(no, 100)
  const replies = await Promise.all(Array.from({ length: 20 }, () => call(shared, "POST", CODEPAY, { body })))
  assert.equal(new Set(replies.map((reply) => reply.text)).size, 1)
  const other = await call(shared, "POST", CODEPAY, { body: { ...body, amount: { total: 101 } } })
  assert.equal(`${other.status} ${other.code}`, "403 OUT_TRADE_NO_USED")
  assert.deepEqual(money(no), { charged: 100, returned: 0 })
})

test("a contract that is unknown, ended or another merchant's cannot be charged, on either product", async () => {
  shared.addContract({ contractId: "C-foreign", mchid: "1900000999", openid: "o2" })
  shared.addContract({ contractId: "C-ended", mchid: MCHID, openid: "o3" })
  shared.endContract("C-ended")
  for (const path of [APPLY, AT_ONCE]) {
    for (const contractId of ["C-unknown", "C-foreign", "C-ended"]) {
      const body = { ...contractBody(newTradeNo(), 100), contract_id: contractId }
      const reply = await call(shared, "POST", path, { body })
      assert.equal(`${reply.status} ${reply.code}`, "403 CONTRACT_NOT_EXIST")
    }
  }
})

test("an agreement payment without immediate result is accepted, and paid on the next query", async () => {
  const no = newTradeNo()
  const reply = await call(shared, "POST", APPLY, { body: contractBody(no, 300) })
  assert.equal(reply.status, 200)
  assert.deepEqual(reply.json, { out_trade_no: no, amount: { total: 300, currency: "CNY" } })
  const found = await call(shared, "GET", `/v3/papay/pay/transactions/out-trade-no/${no}?mchid=${MCHID}`)
  assert.equal(found.json.trade_state, "SUCCESS")
  assert.equal(found.json.trade_type, "PAP")
  assert.deepEqual((await query(no)).json, found.json)
  assert.deepEqual(money(no), { charged: 300, returned: 0 })
})

test("an agreement payment with immediate result answers with the transaction", async () => {
  const reply = await call(shared, "POST", AT_ONCE, { body: contractBody(newTradeNo(), 300) })
  assert.equal(`${reply.status} ${reply.json.trade_state} ${reply.json.trade_type}`, "200 SUCCESS AUTH")
  assert.deepEqual(reply.json.payer, { openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" })
})

// --- endings, on every charge product ---

const PRODUCTS = [
  {
    name: "by code",
    path: CODEPAY,
    body: (no: string, total: number) => codeBody(no, total),
    accepts: false,
  },
  { name: "by agreement", path: AT_ONCE, body: contractBody, accepts: false },
  { name: "by agreement, later", path: APPLY, body: contractBody, accepts: true },
]
for (const { name, path, body, accepts } of PRODUCTS) {
  const pay = (no: string, total: number, given: CallOptions = {}) =>
    call(shared, "POST", path, { body: body(no, total), ...given })
  const heard = (reply: Reply) => `${reply.status} ${reply.code ?? reply.json.trade_state ?? "accepted"}`
  const state = async (no: string) => heard(await query(no))

  test(`${name}: 901 refuses, the balance is too small`, async () => {
    const no = newTradeNo()
    assert.equal(heard(await pay(no, 901)), accepts ? "200 accepted" : "403 NOTENOUGH")
    assert.equal(await state(no), "200 PAYERROR")
    assert.deepEqual(money(no), { charged: 0, returned: 0 })
  })

  test(`${name}: 902 waits for the password and is paid 10 s later`, async () => {
    const no = newTradeNo()
    const first = body(no, 1902)
    const waiting = accepts ? "200 accepted" : "202 USERPAYING"
    assert.equal(heard(await call(shared, "POST", path, { body: first })), waiting)
    clock.ms += 9_999
    assert.equal(await state(no), "200 USERPAYING")
    assert.equal(heard(await call(shared, "POST", path, { body: first })), waiting)
    assert.deepEqual(money(no), { charged: 0, returned: 0 })
    clock.ms += 1
    assert.equal(await state(no), "200 SUCCESS")
    assert.deepEqual(money(no), { charged: 1902, returned: 0 })
  })

  test(`${name}: 902 reversed before the password is never paid`, async () => {
    const no = newTradeNo()
    await pay(no, 902)
    assert.equal((await reverse(no)).status, 200)
    clock.ms += 60_000
    assert.equal(await state(no), path === CODEPAY ? "200 REVOKED" : "200 CLOSED")
    assert.deepEqual(money(no), { charged: 0, returned: 0 })
  })

  test(`${name}: 903 waits for ever, and a reverse closes it for good`, async () => {
    const no = newTradeNo()
    const first = body(no, 903)
    assert.equal(
      heard(await call(shared, "POST", path, { body: first })),
      accepts ? "200 accepted" : "202 USERPAYING",
    )
    clock.ms += 3_600_000
    assert.equal(await state(no), "200 USERPAYING")
    assert.equal((await reverse(no)).status, 200)
    assert.equal(heard(await call(shared, "POST", path, { body: first })), "400 ORDER_REVERSED")
    assert.deepEqual(money(no), { charged: 0, returned: 0 })
  })

  test(`${name}: 904 takes the money and never answers`, async () => {
    const no = newTradeNo()
    assert.ok(await isSilent((waitMs) => pay(no, 904, { waitMs })))
    assert.equal(await state(no), "200 SUCCESS")
    assert.deepEqual(money(no), { charged: 904, returned: 0 })
  })

  test(`${name}: 905 never answers, takes nothing and knows of no order`, async () => {
    const no = newTradeNo()
    assert.ok(await isSilent((waitMs) => pay(no, 905, { waitMs })))
    assert.equal(await state(no), "404 ORDER_NOT_EXIST")
    assert.equal(heard(await reverse(no)), "404 ORDER_NOT_EXIST")
    assert.deepEqual(money(no), { charged: 0, returned: 0 })
  })

  test(`${name}: 906 takes the money and answers 500`, async () => {
    const no = newTradeNo()
    assert.equal(heard(await pay(no, 906)), "500 SYSTEM_ERROR")
    assert.equal(await state(no), "200 SUCCESS")
    assert.deepEqual(money(no), { charged: 906, returned: 0 })
  })

  test(`${name}: 907 takes the money and is busy for 20 s`, async () => {
    const no = newTradeNo()
    assert.equal(heard(await pay(no, 907)), "500 SYSTEM_ERROR")
    clock.ms += 19_999
    assert.equal(await state(no), "500 SYSTEM_ERROR")
    assert.deepEqual(money(no), { charged: 907, returned: 0 })
    clock.ms += 1
    assert.equal(await state(no), "200 SUCCESS")
  })

  test(`${name}: 908 takes the money 3 s after the first reverse; a later reverse works`, async () => {
    const no = newTradeNo()
    const first = body(no, 908)
    assert.ok(await isSilent((waitMs) => call(shared, "POST", path, { body: first, waitMs })))
    assert.ok(await isSilent((waitMs) => call(shared, "POST", path, { body: first, waitMs })))
    clock.ms += 600_000
    assert.equal(await state(no), "404 ORDER_NOT_EXIST")
    assert.equal((await refund(no, `R${no}`, 908, 908)).code, "RESOURCE_NOT_EXISTS")
    assert.ok(await isSilent((waitMs) => reverse(no, { waitMs })))
    assert.equal(await state(no), "200 USERPAYING")
    assert.equal(heard(await reverse(no)), "500 SYSTEM_ERROR")
    assert.deepEqual(money(no), { charged: 0, returned: 0 })
    clock.ms += 3_000
    assert.equal(await state(no), "200 SUCCESS")
    assert.deepEqual(money(no), { charged: 908, returned: 0 })
    assert.equal((await reverse(no)).status, 200)
    assert.deepEqual(money(no), { charged: 908, returned: 908 })
  })

  test(`${name}: 909 pays`, async () => {
    const no = newTradeNo()
    assert.equal(heard(await pay(no, 909)), accepts ? "200 accepted" : "200 SUCCESS")
    assert.deepEqual(money(no), { charged: 909, returned: 0 })
  })

  test(`${name}: 910 pays, and its reverse times out once, unexecuted`, async () => {
    const no = newTradeNo()
    await pay(no, 910)
    assert.ok(await isSilent((waitMs) => reverse(no, { waitMs })))
    assert.equal(await state(no), "200 SUCCESS")
    assert.deepEqual(money(no), { charged: 910, returned: 0 })
    assert.equal((await reverse(no)).status, 200)
    assert.equal((await reverse(no)).status, 200)
    assert.deepEqual(money(no), { charged: 910, returned: 910 })
  })
}

test("each refund of a 910 payment times out once, unexecuted", async () => {
  const no = newTradeNo()
  await charge(no, 910)
  for (const refundNo of [`A${no}`, `B${no}`]) {
    assert.ok(await isSilent((waitMs) => refund(no, refundNo, 10, 910, { waitMs })))
    assert.equal((await call(shared, "GET", `${REFUNDS}/${refundNo}`)).status, 404)
    assert.equal((await refund(no, refundNo, 10, 910)).json.status, "SUCCESS")
  }
  assert.deepEqual(money(no), { charged: 910, returned: 20 })
})

test("delays are divided by the speed", async () => {
  const fast = await start(undefined, 20)
  const no = newTradeNo()
  await charge(no, 902, {}, fast)
  clock.ms += 499
  assert.equal((await query(no, fast)).json.trade_state, "USERPAYING")
  clock.ms += 1
  assert.equal((await query(no, fast)).json.trade_state, "SUCCESS")
})

// --- reverse and refund ---

test("a reverse of a paid order returns the money whole, once, and closes the number", async () => {
  const no = newTradeNo()
  const body = codeBody(no, 500)
  await call(shared, "POST", CODEPAY, { body })
  for (let i = 0; i < 3; i++) {
    const reply = await reverse(no)
    assert.equal(reply.status, 200)
    assert.deepEqual(reply.json, { appid: APPID, mchid: MCHID, out_trade_no: no })
  }
  assert.equal((await query(no)).json.trade_state, "REVOKED")
  assert.equal((await call(shared, "POST", CODEPAY, { body })).code, "ORDER_REVERSED")
  assert.equal((await refund(no, `R${no}`, 1, 500)).code, "INVALID_REQUEST")
  assert.deepEqual(money(no), { charged: 500, returned: 500 })
})

test("the reverse of an agreement payment with an immediate result closes what is unpaid, and nothing else", async () => {
  const close = (no: string) =>
    call(shared, "POST", `/v3/global/papay/transactions/out-trade-no/${no}/reverse`, {
      body: { mchid: MCHID },
    })
  const [paid, waiting] = [newTradeNo(), newTradeNo()]
  await call(shared, "POST", AT_ONCE, { body: contractBody(paid, 500) })
  await call(shared, "POST", AT_ONCE, { body: contractBody(waiting, 903) })
  assert.equal((await close(paid)).code, "ORDERPAID")
  assert.equal((await close(waiting)).status, 204)
  assert.equal((await close(waiting)).code, "ORDERCLOSED")
  assert.equal((await close(newTradeNo())).code, "ORDER_NOT_EXIST")
  assert.deepEqual(money(paid), { charged: 500, returned: 0 })
  assert.deepEqual(money(waiting), { charged: 0, returned: 0 })
})

test("a reverse of an unknown number is ORDER_NOT_EXIST and closes nothing: the charge may be on its way", async () => {
  const no = newTradeNo()
  assert.equal(`${(await reverse(no)).code}`, "ORDER_NOT_EXIST")
  assert.equal((await charge(no, 100)).status, 200)
})

test("refunds by either number come to no more than was paid, and each number moves money once", async () => {
  const no = newTradeNo()
  const paid = await charge(no, 1000)
  const first = await refund(no, `A${no}`, 300, 1000)
  assert.equal(first.status, 200)
  assert.equal(first.json.status, "SUCCESS")
  assert.equal(first.json.transaction_id, paid.json.transaction_id)
  assert.equal((await refund(no, `A${no}`, 300, 1000)).text, first.text)
  assert.equal((await call(shared, "GET", `${REFUNDS}/A${no}`)).text, first.text)
  assert.equal((await refund(no, `A${no}`, 301, 1000)).code, "INVALID_REQUEST")
  assert.equal((await refund(no, `B${no}`, 701, 1000)).code, "INVALID_REQUEST")
  assert.equal((await refund(no, `B${no}`, 1, 999)).code, "INVALID_REQUEST")
  const byTransaction = {
    transaction_id: paid.json.transaction_id,
    out_refund_no: `C${no}`,
    amount: { refund: 700, total: 1000, currency: "CNY" },
  }
  assert.equal((await call(shared, "POST", REFUNDS, { body: byTransaction })).status, 200)
  assert.equal((await query(no)).json.trade_state, "REFUND")
  assert.deepEqual(money(no), { charged: 1000, returned: 1000 })
})

test("a payment is refunded in at most 50 parts", async () => {
  const no = newTradeNo()
  await charge(no, 100)
  for (let part = 1; part <= 50; part++) {
    assert.equal((await refund(no, `${no}-${part}`, 1, 100)).status, 200)
  }
  assert.equal((await refund(no, `${no}-51`, 1, 100)).code, "INVALID_REQUEST")
  assert.deepEqual(money(no), { charged: 100, returned: 50 })
})

// --- books, outages, load ---

test("after a kill the channel finds its money, its open endings, its used codes and its contracts again", async () => {
  const before = await start()
  const killed = mkdtempSync(join(root, "killed-"))
  const first = await start(killed)
  const [paid, waiting, late, undone] = [newTradeNo(), newTradeNo(), newTradeNo(), newTradeNo()]
  const code = newCode()
  first.addContract({ contractId: "C-kept", mchid: MCHID, openid: "o4" })
  await call(first, "POST", CODEPAY, { body: codeBody(paid, 100, code) })
  await charge(waiting, 902, {}, first)
  await isSilent((waitMs) => charge(late, 908, { waitMs }, first))
  await isSilent((waitMs) => reverse(late, { waitMs }, first))
  await charge(undone, 910, {}, first)
  await isSilent((waitMs) => reverse(undone, { waitMs }, first))
  // Nothing is closed: the first one is as if killed, and the clock goes on.
  clock.ms += 86_400_000
  const second = await start(killed)
  assert.deepEqual(money(paid, second), { charged: 100, returned: 0 })
  assert.equal((await query(waiting, second)).json.trade_state, "SUCCESS")
  assert.deepEqual(money(waiting, second), { charged: 902, returned: 0 })
  assert.deepEqual(money(late, second), { charged: 908, returned: 0 })
  assert.equal((await reverse(undone, {}, second)).status, 200)
  const reused = await call(second, "POST", CODEPAY, { body: codeBody(newTradeNo(), 100, code) })
  assert.equal(reused.code, "AUTH_CODE_EXPIRE")
  const agreed = { ...contractBody(newTradeNo(), 100), contract_id: "C-kept" }
  const later = await call(second, "POST", AT_ONCE, { body: agreed })
  assert.equal(later.status, 200)
  assert.notEqual(later.json.transaction_id, (await query(paid, second)).json.transaction_id)
  assert.deepEqual(money(paid, before), { charged: 0, returned: 0 })
})

test("the books keep no payment code", async () => {
  const code = newCode()
  await call(shared, "POST", CODEPAY, { body: codeBody(newTradeNo(), 100, code) })
  assert.ok(!readFileSync(join(dir, "wechat.jsonl"), "utf8").includes(code))
})

test("while it is down nobody gets through; afterwards it knows what it knew", async () => {
  const channel = await start()
  const no = newTradeNo()
  await charge(no, 100, {}, channel)
  channel.down(30_000)
  await assert.rejects(query(no, channel))
  clock.ms += 30_000
  let found: Reply | undefined
  while (!found) found = await query(no, channel).catch(() => undefined)
  assert.equal(found.json.trade_state, "SUCCESS")
})

test("two hundred calls at once are all answered", async () => {
  const numbers = Array.from({ length: 200 }, newTradeNo)
  const replies = await Promise.all(numbers.map((no) => charge(no, 100)))
  assert.ok(replies.every((reply) => reply.status === 200))
  assert.equal(new Set(replies.map((reply) => reply.json.transaction_id)).size, 200)
})
