/** A run of the bills without its workflow: the same steps, one after another, over stores in memory. */
import { constants, createHash, generateKeyPairSync, type KeyObject, privateEncrypt } from "node:crypto"
import { DEFAULT_TIME_ZONE } from "../../domain/days.ts"
import { billRuns } from "../../persistence/bill-runs.ts"
import { billStore } from "../../persistence/bill-store.ts"
import { movementStore } from "../../persistence/movement-store.ts"
import type { RunMarker } from "../../usecases/bill-ports.ts"
import { finishBills } from "../../usecases/finish-bills.ts"
import { makeBills } from "../../usecases/make-bills.ts"
import { planBills } from "../../usecases/plan-bills.ts"
import { scatterMovements } from "../../usecases/scatter-movements.ts"
import { type MemoryObjects, memoryObjects } from "./memory-objects.ts"

export const rootKeys = generateKeyPairSync("rsa", { modulusLength: 2048 })
/** DER of DigestInfo for SHA-256 up to the digest itself: RFC 8017, section 9.2, note 1. */
const DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex")

export type Books = ReturnType<typeof openBooks>

/** Stores, clock and merchants of a small platform. */
export function openBooks({ merchantIds = ["M1", "M2"], nowMs = 0 } = {}) {
  const movementObjects = memoryObjects()
  const billObjects = memoryObjects()
  const zones = new Map<string, string>()
  const faults: string[] = []
  const state = { nowMs }
  return {
    state,
    zones,
    faults,
    movementObjects,
    billObjects,
    clock: { nowMs: () => state.nowMs },
    timeZoneOf: async (merchantId: string) => zones.get(merchantId) ?? DEFAULT_TIME_ZONE,
    movements: movementStore(movementObjects),
    runs: billRuns(movementObjects),
    bills: billStore(billObjects, async (key) => `https://objects.example/${key}`),
    merchants: { merchantIds: async () => merchantIds },
    signer: { keyId: "root", signDigest: async (digest: Buffer) => signed(digest, rootKeys.privateKey) },
    onFault: (merchantId: string, fault: unknown) => void faults.push(`${merchantId}: ${fault}`),
  }
}

function signed(digest: Buffer, key: KeyObject): Buffer {
  const { RSA_PKCS1_PADDING } = constants
  return privateEncrypt({ key, padding: RSA_PKCS1_PADDING }, Buffer.concat([DIGEST_INFO, digest]))
}

export type RunOptions = {
  /** Called before each step; throwing ends the run there, as a kill does. */
  before?: (step: string) => void
}

/** Makes the bills of every day that is to be made; gives the markers. */
export async function runBills(books: Books, run: string, { before }: RunOptions = {}): Promise<RunMarker[]> {
  const markers: RunMarker[] = []
  for (let after = ""; ; ) {
    before?.("plan")
    const plan = await planBills(books, run, after)
    if (!plan) return markers
    const { day, startedAtMs, partitions, chunks } = plan
    for (const chunk of chunks) {
      before?.(`scatter ${chunk}`)
      await scatterMovements(books, { run, day, chunk, partitions })
    }
    for (let partition = 0; partition < partitions; partition++) {
      before?.(`make ${partition}`)
      await makeBills(books, { run, day, partition, partitions, startedAtMs })
    }
    before?.("finish")
    markers.push(await finishBills(books, { run, day, partitions, startedAtMs }))
    after = day
  }
}

/** What is kept under a key, as one hash of all: the same bytes or not. */
export function fingerprintOf({ kept }: MemoryObjects): string {
  const hash = createHash("sha256")
  for (const [key, body] of [...kept].sort(([one], [other]) => (one < other ? -1 : 1))) {
    hash.update(`${key}\n`).update(body)
  }
  return hash.digest("hex")
}
