import assert from "node:assert/strict"
import { before, test } from "node:test"
import { type Search, searchLogs } from "./log-search.ts"
import { openSecrets } from "./secrets.ts"

const PAYMENTS = 40

let search: Search

before(async () => {
  search = await searchLogs(PAYMENTS, { patient: false })
})

/** Lines of calls; the others are faults and counted events. */
const callLines = () => search.lines.filter(({ line }) => line._aws === undefined && line.fault === undefined)

test("no code, token, key, signature or phone number stands in any log, event, exception or audit entry", () => {
  assert.deepEqual(search.found, [])
  assert.ok(search.secrets > PAYMENTS * 3, `${search.secrets} secrets were used`)
})

test("the search finds what is there: whole, in pieces, and within other text", () => {
  const secrets = openSecrets()
  secrets.add("payment code", "134567890123456789")
  secrets.add("signature", `${"Ab1+/x".repeat(50)}==`)
  assert.deepEqual(secrets.foundIn("134567890123456788 and Ab1+/xAb1+/x"), [])
  assert.deepEqual(secrets.foundIn(`{"code":"x134567890123456789"}`), ["payment code"])
  assert.deepEqual(secrets.foundIn(`…${"Ab1+/x".repeat(20)}…`), ["signature"])
})

test("a payment that succeeds is logged in at most 300 bytes by all functions together", () => {
  assert.ok(search.paid > 0 && search.bytes.average > 100)
  assert.ok(search.bytes.most <= 300, `${search.bytes.most} bytes`)
})

test("each order is certain in one line, of the call that made it so", () => {
  const certain = callLines().filter(({ line }) => line.cert !== undefined)
  const orders = certain.map(({ line }) => line.o)
  assert.equal(new Set(orders).size, orders.length)
  assert.ok(certain.filter(({ line }) => line.st === "PAID").length >= search.paid)
  for (const { line } of certain) assert.match(String(line.st), /^(PAID|FAILED|CLOSED)$/)
})

test("what was uncertain at first is certain in the line of whoever heard it", () => {
  const asked = callLines().filter(({ from, line }) => from === "poll" && line.cert !== undefined)
  assert.ok(asked.length >= 1)
  for (const { line } of asked) {
    assert.deepEqual([line.call, line.st, line.ch], ["poll", "PAID", "wechat"])
    assert.ok(Number(line.cert) > 100)
  }
})

test("lines have the fields that are documented, and no others", () => {
  const known = [
    "at",
    "call",
    "id",
    "m",
    "o",
    "ch",
    "code",
    "st",
    "cert",
    "ms",
    "orders",
    "notFinal",
    "faults",
  ]
  for (const { line } of callLines()) {
    assert.deepEqual(
      Object.keys(line).filter((name) => !known.includes(name)),
      [],
    )
    assert.equal(typeof line.at, "number")
  }
})

test("refusals are logged with their code", () => {
  const codes = new Set(callLines().map(({ line }) => line.code))
  for (const code of [
    "INVALID_PARAMETER",
    "ORDER_NO_REUSED",
    "DIGEST_MISMATCH",
    "SIGNATURE_MISSING",
    "SIGNATURE_INVALID",
    "TOKEN_INVALID",
    "ACCOUNT_UNKNOWN",
  ])
    assert.ok(codes.has(code), code)
})

test("a silent channel and a fault are counted as they happen, and the fault tells where", () => {
  const counted = search.lines.filter(({ line }) => line._aws !== undefined)
  const silent = counted.find(({ line }) => line.ChannelSilent === 1)
  assert.equal(silent?.line.channel, "wechat")
  const metrics = [{ Name: "ChannelSilent", Unit: "Count" }]
  assert.partialDeepStrictEqual(silent?.line._aws, {
    CloudWatchMetrics: [{ Namespace: "MetroPay/local", Dimensions: [["channel"]], Metrics: metrics }],
  })
  const faults = search.lines.filter(({ line }) => line.fault !== undefined)
  assert.ok(faults.length >= 2)
  assert.equal(counted.filter(({ line }) => line.Fault === 1).length, faults.length)
  for (const { line } of faults) {
    assert.equal(line.level, "ERROR")
    assert.match(String(line.stack), /^ {4}at /)
  }
})
