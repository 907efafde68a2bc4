/**
 * What a day's bills cost in CPU: everything that is done with a movement from its object to its bill, in memory, without
 * waiting for stores and without signatures, which are by merchant. `node bench/bills.ts`; ends with status 1 where a figure
 * is missed. Figures: 5 µs a movement, 2.2 times as much for twice as many.
 */
import { makeBill } from "../domain/bill.ts"
import { partitionOf, partitionsFor } from "../domain/bill-partition.ts"
import { localDateTime } from "../domain/days.ts"
import { tradeNoOf } from "../domain/order-number.ts"
import { encodeMovement } from "../persistence/movement-codec.ts"
import { movementStore } from "../persistence/movement-store.ts"
import { memoryObjects } from "../test/bills/memory-objects.ts"
import { scatterMovements } from "../usecases/scatter-movements.ts"

const DAY = "20260131"
const START_MS = Date.UTC(2026, 0, 30, 16)
const MERCHANTS = 500
/** As effects writes them. */
const BATCH = 100
/** One movement in fifty is delivered twice. */
const TWICE_EVERY = 50
const LIMIT_US = 5
const LIMIT_RATIO = 2.2
const ROUNDS = 3

type Figure = { name: string; value: number; unit: string; limit: number; ok: boolean }

function line(number: number): string {
  const merchantId = `M${10_000 + ((number * 31) % MERCHANTS)}`
  const atMs = START_MS + ((number * 7_919) % 86_400) * 1_000
  const { date, time } = localDateTime(atMs)
  const outRequestNo = `01KAJ5R8Q7XW${String(number).padStart(10, "0")}`
  return encodeMovement({
    kind: "PAYMENT",
    merchantId,
    storeId: number % 3 === 0 ? "南山书城店" : "SZTX001",
    day: date,
    time,
    atMs,
    payType: "CT_WECHAT",
    channel: "wechat",
    amountFen: 100 + (number % 5_000),
    couponFen: 0,
    feeFen: 0,
    outRequestNo,
    tradeNo: tradeNoOf(merchantId, outRequestNo),
    channelTradeNo: `4200002${String(number).padStart(21, "0")}`,
    channelTime: time,
    channelAtMs: atMs,
  })
}

/** A day's objects with that many movements. */
async function dayOf(count: number) {
  const objects = memoryObjects()
  const batches = count / BATCH
  for (let batch = 0; batch < batches; batch++) {
    const lines = Array.from({ length: BATCH }, (_, it) => line(batch * BATCH + it))
    if (batch % TWICE_EVERY === 0) lines.push(...lines)
    await objects.put(`movements/${DAY}/${String(batch).padStart(8, "0")}.jsonl`, `${lines.join("\n")}\n`, "")
  }
  return { count, objects, store: movementStore(paged(objects)) }
}

/** S3's pages, so that the listing in memory is no part of the figure. */
function paged(objects: ReturnType<typeof memoryObjects>): typeof objects {
  return {
    ...objects,
    async *list(prefix) {
      yield [...objects.kept.keys()].filter((key) => key.startsWith(prefix)).map((key) => ({ key, bytes: 0 }))
    },
  }
}

async function makeDay({ count, store, objects }: Awaited<ReturnType<typeof dayOf>>): Promise<number> {
  const bytes = [...objects.kept.values()].reduce((sum, it) => sum + it.length, 0)
  const partitions = partitionsFor({ bytes, merchants: MERCHANTS })
  const run = { run: "bench", day: DAY }
  const before = process.cpuUsage()
  await scatterMovements({ movements: store }, { ...run, chunk: "", partitions })
  let lines = 0
  for (let partition = 0; partition < partitions; partition++) {
    for (const [merchantId, read] of await store.partition(run, partition)) {
      if (partitionOf(merchantId, partitions) !== partition)
        throw new Error("a line is where it should not be")
      lines += makeBill(merchantId, DAY, read()).lines
    }
  }
  const { user, system } = process.cpuUsage(before)
  if (lines !== count) throw new Error(`${lines} lines were made of ${count} movements`)
  return user + system
}

/** The least of several: what else the machine did is no part of it. */
async function bestOf(count: number): Promise<number> {
  const day = await dayOf(count)
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) best = Math.min(best, await makeDay(day))
  return best
}

await bestOf(20_000)
const [once, twice] = [await bestOf(200_000), await bestOf(400_000)]
const figures: Omit<Figure, "ok">[] = [
  { name: "bill: CPU per movement", value: twice / 400_000, unit: "µs", limit: LIMIT_US },
  { name: "bill: time for twice as many", value: twice / once, unit: "×", limit: LIMIT_RATIO },
]
const found: Figure[] = figures.map((it) => ({ ...it, ok: it.value <= it.limit }))
for (const { name, value, unit, limit, ok } of found) {
  console.log(`${ok ? "ok  " : "MISS"} ${name}: ${value.toFixed(2)} ${unit} (at most ${limit})`)
}
if (found.some(({ ok }) => !ok)) process.exitCode = 1
