/**
 * Checks what bills come with, by the platform's root key alone (`platform_root_key` in `merchant.json`): the file's signature,
 * the statement's, and the proof that a line stands in the bill, by RFC 6962 (the check itself: RFC 9162, section 2.1.3.2).
 */
import { createHash, type KeyObject, verify } from "node:crypto"
import type { BillDownload, BillProof } from "./messages.ts"

/** `why` is for people. */
export type Checked = { ok: true; statement: BillStatement } | { ok: false; why: string }

/** What the platform has signed of a bill. */
export type BillStatement = {
  merchantId: string
  /** `yyyyMMdd`. */
  date: string
  lines: number
  /** Hex. */
  sha256: string
  merkleRoot: string
}

const STATEMENT =
  /^metro-pay bill v1\nmerchant: ([\w-]{1,64})\ndate: (\d{8})\nlines: (\d+)\nsha256: ([0-9a-f]{64})\nmerkle_root: ([0-9a-f]{64})$/
const HASH = /^[0-9a-f]{64}$/

/** Whether these bytes are the merchant's bill of that day, whole and unchanged. */
export function checkBillFile(
  file: Uint8Array,
  download: BillDownload,
  rootKey: KeyObject,
  merchantId: string,
): Checked {
  const checked = checkStatement(download, rootKey, { merchantId, date: download.date })
  if (!checked.ok) return checked
  if (!signedBy(rootKey, file, download.signature)) return refused("the file's signature does not verify")
  const sha256 = createHash("sha256").update(file).digest("hex")
  if (sha256 !== checked.statement.sha256) return refused("the statement is about another file")
  return checked
}

/** Whether the proof's line stands in the merchant's bill of that day. */
export function checkBillProof(proof: BillProof, rootKey: KeyObject, merchantId: string): Checked {
  const checked = checkStatement(proof, rootKey, { merchantId, date: proof.date })
  if (!checked.ok) return checked
  const { lines, merkleRoot } = checked.statement
  const root = rootOf(Buffer.from(proof.line, "utf8"), { ...proof, lines })
  return root === merkleRoot ? checked : refused("the line does not stand in the bill")
}

function checkStatement(
  signed: Pick<BillProof, "statement" | "statement_signature">,
  rootKey: KeyObject,
  wanted: Pick<BillStatement, "merchantId" | "date">,
): Checked {
  if (!signedBy(rootKey, Buffer.from(signed.statement, "utf8"), signed.statement_signature)) {
    return refused("the statement's signature does not verify")
  }
  const [, merchantId, date, lines, sha256, merkleRoot] = STATEMENT.exec(signed.statement) ?? []
  if (!merchantId || !date || !sha256 || !merkleRoot) return refused("the statement is of another kind")
  if (merchantId !== wanted.merchantId || date !== wanted.date) {
    return refused(`the statement is about ${merchantId} and ${date}`)
  }
  return { ok: true, statement: { merchantId, date, lines: Number(lines), sha256, merkleRoot } }
}

/** The root that leaf and path lead to, in hex; undefined where the path does not fit the leaf's place. */
export function rootOf(
  leaf: Uint8Array,
  { index, lines, path }: { index: number; lines: number; path: readonly string[] },
): string | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= lines) return undefined
  let place = index
  let last = lines - 1
  let hash = sha256(0, leaf)
  for (const step of path) {
    if (last === 0 || !HASH.test(step)) return undefined
    const neighbour = Buffer.from(step, "hex")
    if (place % 2 === 1 || place === last) {
      hash = sha256(1, neighbour, hash)
      // A subtree at the right edge has no neighbour on these levels.
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2)
        last = Math.floor(last / 2)
      }
    } else {
      hash = sha256(1, hash, neighbour)
    }
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? hash.toString("hex") : undefined
}

function sha256(first: number, ...parts: readonly Uint8Array[]): Buffer {
  return parts
    .reduce((hash, part) => hash.update(part), createHash("sha256").update(Buffer.of(first)))
    .digest()
}

/** RSASSA-PKCS1-v1_5 with SHA-256. */
function signedBy(rootKey: KeyObject, bytes: Uint8Array, signature: string): boolean {
  return verify("sha256", bytes, rootKey, Buffer.from(signature, "base64"))
}

function refused(why: string): Checked {
  return { ok: false, why }
}
