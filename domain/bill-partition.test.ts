import assert from "node:assert/strict"
import { test } from "node:test"
import { chunksFor, partitionOf, partitionsFor } from "./bill-partition.ts"

test("a small day is one part, the largest 256", () => {
  assert.equal(partitionsFor({ bytes: 0, merchants: 0 }), 1)
  assert.equal(partitionsFor({ bytes: 1_000, merchants: 2 }), 1)
  assert.equal(partitionsFor({ bytes: 80 * 1024 * 1024, merchants: 2 }), 10)
  assert.equal(partitionsFor({ bytes: 0, merchants: 100_000 }), 250)
  assert.equal(partitionsFor({ bytes: 1e12, merchants: 1 }), 256)
})

test("a merchant is always in the same partition, and merchants are spread evenly", () => {
  const counts = new Array<number>(16).fill(0)
  for (let it = 0; it < 16_000; it++) {
    const partition = partitionOf(`M${it}`, 16)
    assert.equal(partitionOf(`M${it}`, 16), partition)
    counts[partition] = (counts[partition] ?? 0) + 1
  }
  assert.ok(Math.min(...counts) > 850 && Math.max(...counts) < 1_150, String(counts))
})

test("every object is in one chunk", () => {
  for (const objects of [1, 200, 201, 5_000, 1e6]) {
    const chunks = chunksFor(objects)
    assert.ok(chunks.length <= 256)
    for (let first = 0; first < 256; first++) {
      const name = `${first.toString(16).padStart(2, "0")}ab`
      assert.equal(chunks.filter((it) => name.startsWith(it)).length, 1)
    }
  }
  assert.deepEqual(chunksFor(200), [""])
  assert.equal(chunksFor(201).length, 16)
})
