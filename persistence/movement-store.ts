import { hash } from "node:crypto"
import type { Movement } from "../domain/movement.ts"
import type { MovementStore } from "../usecases/bill-ports.ts"
import { decodeMovement, eachLine, encodeMovement } from "./movement-codec.ts"
import { MOVEMENTS, movementsKey, movementsPrefix, partKey, partPrefix } from "./object-keys.ts"
import type { ObjectStore } from "./object-store.ts"

const LINES = "application/x-ndjson"
/** Objects that are fetched at the same time. */
const AT_ONCE = 16

/** Movements as lines of objects, one for each batch of the stream and the bill it belongs to. */
export function movementStore(objects: ObjectStore): MovementStore {
  return {
    async put(billDay, movements) {
      const lines = `${movements.map(encodeMovement).join("\n")}\n`
      await objects.put(movementsKey(billDay, hash("sha256", lines, "hex")), lines, LINES)
    },

    async measure(billDay) {
      const volume = { objects: 0, bytes: 0 }
      for await (const page of objects.list(movementsPrefix(billDay))) {
        volume.objects += page.length
        volume.bytes += page.reduce((sum, { bytes }) => sum + bytes, 0)
      }
      return volume
    },

    days: (first) => objects.folders(MOVEMENTS, first),

    async scatter({ day, chunk, ...run }, partitionOf) {
      const parts = new Map<number, Part>()
      let count = 0
      for await (const bytes of contents(objects, movementsPrefix(day) + chunk)) {
        eachLine(bytes, (merchantId, start, end) => {
          count += 1
          append(parts, partitionOf(merchantId), bytes, start, end)
        })
      }
      for (const [partition, { bytes, length }] of parts) {
        await objects.put(partKey({ day, ...run }, partition, chunk), bytes.subarray(0, length), LINES)
      }
      return count
    },

    async partition(run, partition) {
      const byMerchant = new Map<string, Place[]>()
      for await (const bytes of contents(objects, partPrefix(run, partition))) {
        eachLine(bytes, (merchantId, start, end) => {
          const places = byMerchant.get(merchantId)
          if (places) places.push({ bytes, start, end })
          else byMerchant.set(merchantId, [{ bytes, start, end }])
        })
      }
      return new Map([...byMerchant].map(([merchantId, places]) => [merchantId, () => places.map(readAt)]))
    },
  }
}

/** Lines of one partition so far; copied, since a view of each would cost more than the line. */
type Part = { bytes: Buffer; length: number }

const FIRST_PART_BYTES = 64 * 1024

function append(parts: Map<number, Part>, partition: number, from: Buffer, start: number, end: number): void {
  let part = parts.get(partition)
  if (!part) {
    part = { bytes: Buffer.allocUnsafe(FIRST_PART_BYTES), length: 0 }
    parts.set(partition, part)
  }
  const length = part.length + end - start
  if (length > part.bytes.length) {
    const larger = Buffer.allocUnsafe(length * 2)
    part.bytes.copy(larger, 0, 0, part.length)
    part.bytes = larger
  }
  from.copy(part.bytes, part.length, start, end)
  part.length = length
}

type Place = { bytes: Buffer; start: number; end: number }

function readAt({ bytes, start, end }: Place): Movement {
  return decodeMovement(bytes.toString("utf8", start, end))
}

/** What stands in the objects of that prefix, a few fetched at a time, in the order of their keys. */
async function* contents(objects: ObjectStore, prefix: string): AsyncGenerator<Buffer> {
  for await (const page of objects.list(prefix)) {
    for (let at = 0; at < page.length; at += AT_ONCE) {
      const found = await Promise.all(page.slice(at, at + AT_ONCE).map(({ key }) => objects.get(key)))
      for (const bytes of found) if (bytes) yield bytes
    }
  }
}
