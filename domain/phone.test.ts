import assert from "node:assert/strict"
import { test } from "node:test"
import { phone as phoneField } from "../api/fields.ts"
import { asWritten, maskedPhone, normalisedPhone } from "./phone.ts"

/** A Park-Miller generator: the same numbers in every run. */
function digitsFrom(seed: number): (count: number) => string {
  let state = seed
  const next = () => {
    state = (state * 48_271) % 2_147_483_647
    return state
  }
  return (count) => Array.from({ length: count }, () => next() % 10).join("")
}

test("a mainland mobile number has one form, however it is written", () => {
  for (const text of ["13812341234", "+8613812341234", "+86 138-1234-1234", "138 1234 1234"]) {
    assert.equal(normalisedPhone(text), "+8613812341234")
  }
})

test("what can be nobody's mobile number is none", () => {
  const none = ["", "12812341234", "1381234123", "138123412345", "+861381234", "+862112345678", "+0123456789"]
  for (const text of [
    ...none,
    "008613812341234",
    "+1234567",
    `+1${"2".repeat(15)}`,
    "13812３41234",
    "phone",
  ]) {
    assert.equal(normalisedPhone(text), undefined, text)
  }
})

test("login providers write blanks and brackets between digits", () => {
  assert.equal(normalisedPhone("+1 (604) 555-1234"), "+16045551234")
})

test("a thousand numbers: one form, the same again, written back, taken by the API, never shown whole", () => {
  const digits = digitsFrom(20_261_121)
  for (let round = 0; round < 1_000; round++) {
    const mainland = `1${3 + (round % 7)}${digits(9)}`
    const foreign = `+${1 + (round % 7)}${digits(7 + (round % 8))}`
    for (const text of [mainland, `+86${mainland}`, foreign]) {
      const phone = normalisedPhone(text)
      assert.ok(phone, text)
      assert.ok(phoneField.safeParse(text).success, text)
      assert.equal(normalisedPhone(phone), phone)
      assert.equal(normalisedPhone(asWritten(phone)), phone)
      const shown = maskedPhone(phone)
      const written = asWritten(phone).replace("+", "")
      const [first = "", last = ""] = shown.replace("+", "").split("****")
      assert.ok(written.startsWith(first) && written.endsWith(last), shown)
      assert.ok(first.length === 3 && last.length <= 4 && written.length - first.length - last.length >= 4)
    }
    assert.equal(maskedPhone(`+86${mainland}`), `${mainland.slice(0, 3)}****${mainland.slice(-4)}`)
  }
})

test("a short number from abroad keeps four digits to itself", () => {
  assert.equal(maskedPhone("+29812345"), "+298****5")
})
