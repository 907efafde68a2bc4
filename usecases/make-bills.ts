import { type Bill, makeBill, statementDigest, statementOf } from "../domain/bill.ts"
import { billDayIsOver, daysAfter } from "../domain/bill-day.ts"
import { identitiesIn } from "../domain/bill-file.ts"
import { partitionOf } from "../domain/bill-partition.ts"
import { identityOf, type Movement } from "../domain/movement.ts"
import type {
  BillRuns,
  BillStore,
  MadeBill,
  MerchantZones,
  MovementStore,
  PartitionResult,
  RootSigner,
  RunDay,
} from "./bill-ports.ts"
import { billStatus } from "./bill-status.ts"

export type MakeBillsPorts = MerchantZones & {
  movements: Pick<MovementStore, "partition">
  bills: BillStore
  runs: Pick<BillRuns, "roster" | "marker" | "keepResult">
  signer: RootSigner
  /** Hears why a merchant's bill could not be made. */
  onFault(merchantId: string, fault: unknown): void
}

export type PartitionToMake = RunDay & { partition: number; partitions: number; startedAtMs: number }

/** Bills that are made at the same time: most of the time goes by waiting for signatures and stores. */
const AT_ONCE = 8

/**
 * Makes the bills of one partition: one for each merchant there is, whether or not anything moved. One whose day is not over
 * is left to a later run; one that fails does not keep the others from theirs. Bills that exist are left as they are, so
 * that a run which is begun again in the middle only makes what is missing.
 */
export async function makeBills(ports: MakeBillsPorts, job: PartitionToMake): Promise<PartitionResult> {
  const moved = await ports.movements.partition(job, job.partition)
  const roster = await ports.runs.roster(job)
  const own = roster.filter((it) => partitionOf(it, job.partitions) === job.partition)
  const merchantIds = [...new Set([...own, ...moved.keys()])].sort()
  const result = {
    movements: 0,
    bills: 0,
    waiting: [] as string[],
    failed: [] as PartitionResult["failed"][0][],
  }
  await eachAtOnce(merchantIds, async (merchantId) => {
    try {
      const made = await makeOne(ports, job, merchantId, moved.get(merchantId))
      if (made === "waiting") result.waiting.push(merchantId)
      else result.bills += 1
      result.movements += made === "waiting" ? 0 : made.movements
    } catch (fault) {
      ports.onFault(merchantId, fault)
      result.failed.push({ merchantId, why: fault instanceof Error ? fault.name : "Error" })
    }
  })
  result.waiting.sort()
  result.failed.sort((one, other) => (one.merchantId < other.merchantId ? -1 : 1))
  await ports.runs.keepResult(job, job.partition, result)
  return result
}

async function makeOne(
  ports: MakeBillsPorts,
  { day, startedAtMs }: PartitionToMake,
  merchantId: string,
  unread: (() => Movement[]) | undefined,
): Promise<{ movements: number } | "waiting"> {
  if (!billDayIsOver(day, startedAtMs, await ports.timeZoneOf(merchantId))) return "waiting"
  const before = await ports.bills.read(merchantId, day)
  if (before) return { movements: before.lines }
  const fresh = await withoutBilled(ports, { merchantId, day }, unread?.() ?? [])
  const bill = makeBill(merchantId, day, fresh)
  await ports.bills.keep(await signed(ports.signer, bill), bill.file)
  return { movements: bill.lines }
}

/** A late movement may have been delivered in time as well, or late before: then it stands in an earlier bill already. */
async function withoutBilled(
  ports: MakeBillsPorts,
  { merchantId, day }: { merchantId: string; day: string },
  movements: Movement[],
): Promise<Movement[]> {
  const late = movements.filter((it) => it.day < day).map((it) => it.day)
  const first = late.sort()[0]
  if (first === undefined) return movements
  const billed = new Set<string>()
  for (let before = first; before < day; before = daysAfter(before, 1)) {
    for (const identity of await billedOn(ports, merchantId, before)) billed.add(identity)
  }
  return movements.filter((it) => !billed.has(identityOf(it)))
}

async function billedOn(ports: MakeBillsPorts, merchantId: string, day: string): Promise<Iterable<string>> {
  const { kind } = await billStatus(ports, merchantId, day)
  // Without a run of that day there is no bill of it, and never will be.
  if (kind === "none" || (kind === "due" && !(await ports.runs.marker(day)))) return []
  const file = await ports.bills.file(merchantId, day)
  if (kind === "due" || !file) throw new EarlierBillMissing(day)
  return identitiesIn(file)
}

/** The bill waits until that one is made. */
class EarlierBillMissing extends Error {
  constructor(day: string) {
    super(`the bill of ${day} is not made yet`)
    this.name = "EarlierBillMissing"
  }
}

async function signed({ keyId, signDigest }: RootSigner, bill: Bill): Promise<MadeBill> {
  const { merchantId, day, infos, lines, sha256, merkleRoot } = bill
  const statement = statementOf(bill)
  const [signature, statementSignature] = await Promise.all([
    signDigest(Buffer.from(sha256, "hex")),
    signDigest(statementDigest(bill)),
  ])
  return {
    merchantId,
    day,
    infos,
    lines,
    sha256,
    merkleRoot,
    signature: signature.toString("base64"),
    statement,
    statementSignature: statementSignature.toString("base64"),
    keyId,
  }
}

async function eachAtOnce(ids: readonly string[], act: (id: string) => Promise<void>): Promise<void> {
  const waiting = ids[Symbol.iterator]()
  const work = async () => {
    for (const id of waiting) await act(id)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}
