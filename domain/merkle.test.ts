import assert from "node:assert/strict"
import { test } from "node:test"
import { rootOf } from "../sdk/bill-proof.ts"
import { merklePath, merkleRoot } from "./merkle.ts"

/** The leaves and roots that implementations of RFC 6962 are commonly tested with. */
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
]
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
const PATH_OF_FIRST_IN_EIGHT = [
  "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
  "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
  "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]

function rootOver(leaves: readonly Buffer[]): string {
  const tree = merkleRoot()
  for (const leaf of leaves) {
    const bytes = Buffer.concat([Buffer.from("x"), leaf, Buffer.from("y")])
    tree.add(bytes, 1, 1 + leaf.length)
    assert.equal(bytes.toString("latin1"), `x${leaf.toString("latin1")}y`, "the bytes are as they were")
  }
  return tree.root()
}

const known = LEAVES.map((hex) => Buffer.from(hex, "hex"))

test("roots are those that RFC 6962 gives", () => {
  assert.deepEqual(
    ROOTS.map((_, size) => rootOver(known.slice(0, size))),
    ROOTS,
  )
  assert.deepEqual(merklePath(known, 0), PATH_OF_FIRST_IN_EIGHT)
})

test("the path of every leaf leads to the root, and of no other leaf, place or size", () => {
  for (let lines = 1; lines <= 17; lines++) {
    const leaves = Array.from({ length: lines }, (_, at) => Buffer.from(`line ${at}`))
    const root = rootOver(leaves)
    for (const [index, leaf] of leaves.entries()) {
      const path = merklePath(leaves, index)
      assert.equal(rootOf(leaf, { index, lines, path }), root, `${index} of ${lines}`)
      assert.notEqual(rootOf(Buffer.from("other"), { index, lines, path }), root)
      assert.equal(rootOf(leaf, { index, lines, path: [...path, root] }), undefined)
      if (path.length > 0) assert.notEqual(rootOf(leaf, { index, lines, path: path.slice(1) }), root)
      for (const other of leaves.keys()) {
        if (other !== index) assert.notEqual(rootOf(leaf, { index: other, lines, path }), root)
      }
    }
  }
})

test("a leaf that is not there has no path", () => {
  assert.throws(() => merklePath([], 0), RangeError)
  assert.throws(() => merklePath(known, 8), RangeError)
  assert.throws(() => merklePath(known, -1), RangeError)
})
