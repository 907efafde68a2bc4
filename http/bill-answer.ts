import type { BillDownloadOutput, BillInfo, BillOutput, BillProofOutput } from "../api/merchant-api.ts"
import type { BillInfo as Totals } from "../domain/bill.ts"

/** What of a made bill merchants are shown; `usecases/bill-ports.ts` says what each is. */
type ShownBill = {
  day: string
  infos: readonly Totals[]
  lines: number
  sha256: string
  merkleRoot: string
  signature: string
  statement: string
  statementSignature: string
  keyId: string
}

/** A12: the totals of a day. */
export function billAnswer(day: string, infos: readonly Totals[]): BillOutput {
  return { date: day, bill_infos: infos.map(infoAnswer) }
}

function infoAnswer(info: Totals): BillInfo {
  return {
    pay_type: info.payType,
    total_count: info.totalCount,
    total_amount: info.totalFen,
    reverse_count: info.reverseCount,
    reverse_amount: info.reverseFen,
    refund_count: info.refundCount,
    refund_amount: info.refundFen,
  }
}

/** A18: where the file is, and what proves it. */
export function billDownloadAnswer(bill: ShownBill, url: string, expiresAtMs: number): BillDownloadOutput {
  return {
    date: bill.day,
    url,
    expires_at: new Date(expiresAtMs).toISOString(),
    lines: bill.lines,
    sha256: bill.sha256,
    merkle_root: bill.merkleRoot,
    signature: bill.signature,
    ...statementAnswer(bill),
  }
}

/** That one line stands in the bill. */
export function billProofAnswer(proof: {
  bill: ShownBill
  line: string
  index: number
  path: readonly string[]
}): BillProofOutput {
  const { bill, line, index, path } = proof
  return { date: bill.day, line, index, lines: bill.lines, path: [...path], ...statementAnswer(bill) }
}

function statementAnswer({ statement, statementSignature, keyId }: ShownBill) {
  return { statement, statement_signature: statementSignature, keyid: keyId }
}
