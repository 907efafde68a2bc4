/**
 * The Merkle tree of RFC 6962, section 2.1, with SHA-256: its root stands for all lines of a bill in their order, and a few
 * hashes prove that one line is among them. Hashes are hex texts outside, and inside texts of 32 characters, one a byte:
 * making a Buffer takes three times as long as the hashing.
 */
import { hash } from "node:crypto"

const HASH_BYTES = 32
const LEAF = 0
const NODE = 1

/** Takes leaves in their order and keeps no more than one hash for each level. */
export type MerkleRoot = {
  /** The leaf is `bytes` from `start` to `end`; the byte before `start` is overwritten for a moment. */
  add(bytes: Buffer, start: number, end: number): void
  /** In hex. Ends the tree: nothing may be added any more. */
  root(): string
}

type Subtree = { leaves: number; hash: string }

/**
 * Subtrees of 1, 2, 4 … leaves are joined as soon as there are two of a size, which gives the tree of the RFC: there the
 * left side always holds the largest power of two.
 */
export function merkleRoot(): MerkleRoot {
  const waiting: Subtree[] = []
  const join = (left: Subtree, right: Subtree) => {
    waiting.length -= 2
    waiting.push({ leaves: left.leaves + right.leaves, hash: nodeHash(left.hash, right.hash) })
  }
  const lastTwo = () => [waiting.at(-2), waiting.at(-1)] as const
  return {
    add(bytes, start, end) {
      const before = bytes[start - 1]
      if (before === undefined) throw new RangeError("a leaf needs a byte before it")
      bytes[start - 1] = LEAF
      waiting.push({ leaves: 1, hash: hash("sha256", bytes.subarray(start - 1, end), "binary") })
      bytes[start - 1] = before
      for (;;) {
        const [left, right] = lastTwo()
        if (!left || left.leaves !== right?.leaves) return
        join(left, right)
      }
    },
    root() {
      for (;;) {
        const [left, right] = lastTwo()
        if (!left || !right) return hexOf(right?.hash ?? hash("sha256", "", "binary"))
        join(left, right)
      }
    },
  }
}

/**
 * The hashes that lead from the leaf at `index` to the root, its neighbour first, in hex (RFC 6962, section 2.1.1).
 * Throws where there is no such leaf.
 */
export function merklePath(leaves: readonly Uint8Array[], index: number): string[] {
  if (index < 0 || index >= leaves.length) throw new RangeError("there is no such leaf")
  return pathTo(leaves.map(leafHash), index).map(hexOf)
}

function pathTo(hashes: readonly string[], index: number): string[] {
  if (hashes.length === 1) return []
  const split = largestPowerOfTwoBelow(hashes.length)
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)]
  return index < split
    ? [...pathTo(left, index), rootOf(right)]
    : [...pathTo(right, index - split), rootOf(left)]
}

function rootOf(hashes: readonly string[]): string {
  const [only] = hashes
  if (hashes.length === 1 && only !== undefined) return only
  const split = largestPowerOfTwoBelow(hashes.length)
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)))
}

function largestPowerOfTwoBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}

function leafHash(bytes: Uint8Array): string {
  return hash("sha256", Buffer.concat([Buffer.from([LEAF]), bytes]), "binary")
}

const scratch = Buffer.alloc(1 + 2 * HASH_BYTES, NODE)

function nodeHash(left: string, right: string): string {
  scratch.write(left, 1, "latin1")
  scratch.write(right, 1 + HASH_BYTES, "latin1")
  return hash("sha256", scratch, "binary")
}

function hexOf(binary: string): string {
  return Buffer.from(binary, "latin1").toString("hex")
}
