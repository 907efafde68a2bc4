import assert from "node:assert/strict"
import { test } from "node:test"
import { type Place, seal, unseal } from "./sealed-fields.ts"

const KEY = Buffer.alloc(32, 1)
const PLACE: Place = { table: "settings", pk: "M#M1", sk: "CH#wechat", attribute: "se" }

test("a sealed value opens where it was sealed", () => {
  assert.equal(unseal(KEY, PLACE, seal(KEY, PLACE, "密钥")), "密钥")
  assert.equal(unseal(KEY, PLACE, seal(KEY, PLACE, "")), "")
})

test("the same value never looks the same twice", () => {
  assert.notDeepEqual(seal(KEY, PLACE, "secret"), seal(KEY, PLACE, "secret"))
})

test("a sealed value that was moved to another place does not open", () => {
  const sealed = seal(KEY, PLACE, "secret")
  for (const part of ["table", "pk", "sk", "attribute"] as const) {
    assert.throws(() => unseal(KEY, { ...PLACE, [part]: "other" }, sealed))
  }
})

test("another key or a changed bit opens nothing", () => {
  const sealed = seal(KEY, PLACE, "secret")
  assert.throws(() => unseal(Buffer.alloc(32, 2), PLACE, sealed))
  for (const at of [0, 12, sealed.length - 1]) {
    const changed = Buffer.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => unseal(KEY, PLACE, changed))
  }
})

test("a tag that was cut short does not do", () => {
  const sealed = seal(KEY, PLACE, "")
  for (const tagBytes of [4, 8, 12, 15]) {
    assert.throws(() => unseal(KEY, PLACE, sealed.subarray(0, 12 + tagBytes)))
  }
})
