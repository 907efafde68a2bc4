/** Has check-bill.py judge a bill: a program that shares nothing with the platform. */
import { spawn, spawnSync } from "node:child_process"
import { createPublicKey, type JsonWebKey } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { FetchedBill } from "./fetch-bill.ts"

const runs = (program: string, ...args: string[]) =>
  spawnSync(program, args, { stdio: "ignore" }).status === 0

/** Which of the programs that it needs this machine lacks. */
export function missingForCheck(): string[] {
  const there = { python3: runs("python3", "--version"), openssl: runs("openssl", "version") }
  return Object.entries(there).flatMap(([program, found]) => (found ? [] : [program]))
}

export type CheckedBill = Pick<FetchedBill, "merchantId" | "day" | "download" | "file" | "proofs">

/**
 * Sha256, signatures, Merkle root and proofs; gives what is wrong in plain words.
 * @param rootKey the platform's, as it stands in `merchant.json`
 */
export async function checkBill(bill: CheckedBill, rootKey: JsonWebKey): Promise<string[]> {
  const { merchantId, day, download, file, proofs } = bill
  const folder = mkdtempSync(join(tmpdir(), "metro-pay-bill-"))
  try {
    writeFileSync(join(folder, "bill.csv"), file)
    writeFileSync(join(folder, "download.json"), JSON.stringify(download))
    writeFileSync(join(folder, "proofs.json"), JSON.stringify(proofs))
    const key = createPublicKey({ key: rootKey, format: "jwk" })
    writeFileSync(join(folder, "root.pem"), key.export({ format: "pem", type: "spki" }))
    const script = join(import.meta.dirname, "check-bill.py")
    const child = spawn("python3", [script, folder, merchantId], { stdio: ["ignore", "pipe", "pipe"] })
    const said = Promise.all([child.stdout.toArray(), child.stderr.toArray()])
    const [code] = (await once(child, "close")) as [number]
    if (code === 0) return []
    const lines = Buffer.concat((await said).flat())
      .toString()
      .trimEnd()
      .split("\n")
    return lines.map((line) => `the bill of ${merchantId} for ${day}: ${line}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
