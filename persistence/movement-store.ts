import { hash } from "node:crypto"
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
      const parts = new Map<number, Buffer[]>()
      let count = 0
      for await (const bytes of contents(objects, movementsPrefix(day) + chunk)) {
        count += sortOut(bytes, partitionOf, parts)
      }
      for (const [partition, slices] of parts) {
        await objects.put(partKey({ day, ...run }, partition, chunk), Buffer.concat(slices), LINES)
      }
      return count
    },

    async partition(run, partition) {
      const byMerchant = new Map<string, Buffer[]>()
      for await (const bytes of contents(objects, partPrefix(run, partition))) {
        eachLine(bytes, (merchantId, start, end) => collect(byMerchant, merchantId, bytes.subarray(start, end)))
      }
      const unread = [...byMerchant].map(
        ([merchantId, lines]) =>
          [merchantId, () => lines.map((line) => decodeMovement(line.toString("utf8")))] as const,
      )
      return new Map(unread)
    },
  }
}

/** Lines that follow each other into the same partition stay in one slice. */
function sortOut(
  bytes: Buffer,
  partitionOf: (merchantId: string) => number,
  into: Map<number, Buffer[]>,
): number {
  let count = 0
  eachLine(bytes, (merchantId, start, end) => {
    count += 1
    collect(into, partitionOf(merchantId), bytes.subarray(start, end))
  })
  return count
}

function collect<Key>(into: Map<Key, Buffer[]>, key: Key, slice: Buffer): void {
  const known = into.get(key)
  if (known) known.push(slice)
  else into.set(key, [slice])
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
