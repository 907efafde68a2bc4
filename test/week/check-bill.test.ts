import assert from "node:assert/strict"
import { generateKeyPairSync, sign } from "node:crypto"
import { test } from "node:test"
import { makeBill, statementOf } from "../../domain/bill.ts"
import { linesOf } from "../../domain/bill-file.ts"
import { merklePath } from "../../domain/merkle.ts"
import type { Movement } from "../../domain/movement.ts"
import { billDownloadAnswer, billProofAnswer } from "../../http/bill-answer.ts"
import { type CheckedBill, checkBill, missingForCheck } from "./check-bill.ts"

const missing = missingForCheck()
const skip = missing.length > 0 ? `${missing.join(" and ")} missing` : false

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const rootKey = publicKey.export({ format: "jwk" })
const signed = (bytes: Uint8Array) => sign("sha256", bytes, privateKey).toString("base64")

function movement(number: number): Movement {
  return {
    kind: "PAYMENT",
    merchantId: "M10001",
    storeId: number % 3 === 0 ? '店"一",\r\n二' : "SZTX001",
    day: "20261014",
    time: "20261014120000",
    atMs: number,
    payType: "CT_WECHAT",
    channel: "wechat",
    amountFen: number,
    couponFen: 0,
    feeFen: 0,
    outRequestNo: `W${number}`,
    tradeNo: String(number).padStart(26, "0"),
  }
}

/** A bill of so many lines, each of them proved. */
function proved(count: number): CheckedBill {
  const made = makeBill(
    "M10001",
    "20261014",
    Array.from({ length: count }, (_, at) => movement(at + 1)),
  )
  const statement = statementOf(made)
  const bill = {
    ...made,
    signature: signed(made.file),
    statement,
    statementSignature: signed(Buffer.from(statement)),
    keyId: "root",
  }
  const lines = linesOf(made.file)
  const proofs = lines.map((line, index) =>
    billProofAnswer({ bill, line: line.toString("utf8"), index, path: merklePath(lines, index) }),
  )
  const download = billDownloadAnswer(bill, "http://127.0.0.1/", 0)
  return { merchantId: "M10001", day: made.day, download, file: made.file, proofs }
}

test("bills of none, one, and any number of lines pass", { skip }, async () => {
  for (const count of [0, 1, 2, 3, 7, 8, 13]) assert.deepEqual(await checkBill(proved(count), rootKey), [])
})

test("a changed file fails by its hash, its signature, its tree and its lines", { skip }, async () => {
  const bill = proved(5)
  const file = Buffer.from(bill.file.toString().replace(",PAYMENT,CT_WECHAT,2,", ",PAYMENT,CT_WECHAT,3,"))
  const found = (await checkBill({ ...bill, file }, rootKey)).join("\n")
  for (const what of ["sha256 is another", "file's signature", "another Merkle root", "line 1 of the file"]) {
    assert.ok(found.includes(what), what)
  }
})

test("another's key, another's bill and a changed path fail", { skip }, async () => {
  const bill = proved(5)
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" })
  assert.match((await checkBill(bill, stranger)).join(), /the statement's signature does not verify/)
  const theirs = await checkBill({ ...bill, merchantId: "M10002" }, rootKey)
  assert.match(theirs.join(), /the statement says something else/)
  const [proof, ...others] = bill.proofs
  assert.ok(proof)
  const path = proof.path.with(0, "00".repeat(32))
  const changed = await checkBill({ ...bill, proofs: [{ ...proof, path }, ...others] }, rootKey)
  assert.match(changed.join(), /the proof of line 0 leads to another root/)
})
