import assert from "node:assert/strict"
import { test } from "node:test"
import { keyedHash, lengthPrefixed, sha256 } from "./hash.ts"

test("no two lists of parts give the same bytes", () => {
  assert.equal(lengthPrefixed(["ab", "c"]), "2:ab1:c")
  const lists = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"], ["2:ab1:c"], ["1:a", "2:bc"]]
  assert.equal(new Set(lists.map(lengthPrefixed)).size, lists.length)
})

test("lengths count bytes, as other languages that check our numbers will", () => {
  assert.equal(lengthPrefixed(["豆浆"]), "6:豆浆")
})

test("without the key a keyed hash says nothing", () => {
  const parts = ["code", "92"]
  assert.notDeepEqual(keyedHash(Buffer.alloc(32, 1), parts), keyedHash(Buffer.alloc(32, 2), parts))
  assert.notDeepEqual(keyedHash(Buffer.alloc(32, 1), parts), sha256(parts))
})
