import assert from "node:assert/strict"
import { test } from "node:test"
import { type CodeKind, codeKindOf, luhnDigit, makeCode, payIdOf } from "./payment-code.ts"

// Known answers: the example of ISO/IEC 7812-1, annex B (…871 has 3), and well-known test card numbers.
for (const [digits, check] of [
  ["7992739871", "3"],
  ["411111111111111", "1"],
  ["555555555555444", "4"],
  ["37828224631000", "5"],
  ["0", "0"],
  ["", "0"],
] as const) {
  test(`the Luhn digit of "${digits}" is ${check}`, () => assert.equal(luhnDigit(digits), check))
}

const own = makeCode(() => "12345678901234567")

/** Codes, their neighbours a digit longer or shorter, and the ends of each range of prefixes. */
const CASES: readonly [code: string, kind: CodeKind["kind"] | undefined, why: string][] = [
  [own, "own", "ours"],
  [own.slice(0, -1) + ((Number(own.at(-1)) + 1) % 10), undefined, "ours with a wrong check digit"],
  [own.slice(0, 4) + own[5] + own[4] + own.slice(6), undefined, "ours with two neighbours swapped"],
  [own.slice(0, 19), undefined, "ours, a digit short"],
  [`${own}0`, undefined, "ours, a digit long"],
  [`91${own.slice(2)}`, undefined, "20 digits with the prefix before ours"],
  [`93${own.slice(2)}`, undefined, "20 digits with the prefix after ours"],
  [`10${"1".repeat(16)}`, "wechat", "WeChat's first prefix"],
  [`15${"1".repeat(16)}`, "wechat", "WeChat's last prefix"],
  [`09${"1".repeat(16)}`, undefined, "the prefix before WeChat's"],
  [`16${"1".repeat(16)}`, undefined, "the prefix after WeChat's"],
  [`13${"1".repeat(15)}`, undefined, "WeChat, a digit short"],
  [`13${"1".repeat(17)}`, undefined, "WeChat, a digit long"],
  [`25${"1".repeat(14)}`, "alipay", "Alipay's shortest, first prefix"],
  [`30${"1".repeat(22)}`, "alipay", "Alipay's longest, last prefix"],
  [`28${"1".repeat(13)}`, undefined, "Alipay, a digit short"],
  [`28${"1".repeat(23)}`, undefined, "Alipay, a digit long"],
  [`24${"1".repeat(16)}`, undefined, "the prefix before Alipay's"],
  [`31${"1".repeat(16)}`, undefined, "the prefix after Alipay's"],
  [`fp${"a1Z".repeat(11)}`, "alipay", "Alipay's face code"],
  [`fp${"a1Z".repeat(11)}0`, undefined, "Alipay's face code, a character long"],
  [`fp${"a1Z".repeat(10)}-00`, undefined, "Alipay's face code with a character that it never has"],
  [`62${"1".repeat(17)}`, "unionpay", "UnionPay"],
  [`62${"1".repeat(16)}`, undefined, "UnionPay, a digit short"],
  [`62${"1".repeat(18)}`, undefined, "UnionPay, a digit long"],
  [`61${"1".repeat(17)}`, undefined, "the prefix before UnionPay's"],
  [`01${"1".repeat(17)}`, "ecny", "e-CNY"],
  [`02${"1".repeat(17)}`, undefined, "the prefix after e-CNY's"],
  ["", undefined, "nothing"],
  [`${own} `, undefined, "ours with a space"],
  [`１３${"1".repeat(16)}`, undefined, "full-width digits"],
  [`13${"1".repeat(16)}\n`, undefined, "a line break after the digits"],
]

for (const [code, kind, why] of CASES) {
  test(`a scanned code is told apart by its digits: ${why} → ${kind ?? "none"}`, () => {
    assert.equal(codeKindOf(code), kind)
  })
}

test("the table of kinds is a setting: a moved prefix moves the code", () => {
  const kinds: readonly CodeKind[] = [{ kind: "wechat", minDigits: 18, maxDigits: 18, prefixes: ["16"] }]
  assert.equal(codeKindOf(`16${"1".repeat(16)}`, kinds), "wechat")
  assert.equal(codeKindOf(`13${"1".repeat(16)}`, kinds), undefined)
  assert.equal(codeKindOf(own, kinds), undefined)
})

test("a made code has 20 digits: prefix, the random ones, a check digit", () => {
  assert.equal(own, "92123456789012345670")
  assert.equal(makeCode((count) => "7".repeat(count)).length, 20)
  assert.equal(makeCode(() => "12345678901234567", "88").slice(0, 2), "88")
  assert.equal(codeKindOf(makeCode((count) => "7".repeat(count))), "own")
})

test("a prefix that is not two digits makes no codes", () => {
  for (const prefix of ["", "9", "923", "9a"]) assert.throws(() => makeCode(() => "", prefix), RangeError)
})

test("the payment ID is the same for the same code and key, and says nothing without the key", () => {
  const key = Buffer.alloc(32, 1)
  assert.equal(payIdOf(key, "92123456789012345675"), "l4JCv8SNECyAlvT_CO5Kzx")
  assert.notEqual(payIdOf(key, own), payIdOf(Buffer.alloc(32, 2), own))
  assert.match(payIdOf(key, own), /^[\w-]{22}$/)
})
