import { lineIdentity, linesOf } from "../domain/bill-file.ts"
import { merklePath } from "../domain/merkle.ts"
import { identityOf, type MovementKind } from "../domain/movement.ts"
import type { BillRuns, BillStore, MadeBill } from "./bill-ports.ts"
import { billStatus } from "./bill-status.ts"

/** Which line: by the order's number or the refund's. Of an order's two lines the payment, unless the reversal is meant. */
export type WantedLine =
  | { tradeNo: string; kind: Exclude<MovementKind, "REFUND"> }
  | { refundId: string; kind: "REFUND" }

export type LineProof = {
  bill: MadeBill
  line: string
  index: number
  /** Hex, the line's neighbour first. */
  path: string[]
}

/** That a line stands in a merchant's bill, and the hashes that prove it. */
export async function proveLine(
  ports: { bills: Pick<BillStore, "read" | "file">; runs: Pick<BillRuns, "marker"> },
  merchantId: string,
  day: string,
  wanted: WantedLine,
): Promise<LineProof | "no such line" | "not ready"> {
  const status = await billStatus(ports, merchantId, day)
  if (status.kind === "due") return "not ready"
  const file = status.kind === "made" ? await ports.bills.file(merchantId, day) : undefined
  if (status.kind === "none" || !file) return "no such line"
  const identity = identityOf({ tradeNo: "", ...wanted })
  const lines = linesOf(file)
  const index = lines.findIndex(
    (line) => mayBe(line, wanted) && lineIdentity(line.toString("utf8")) === identity,
  )
  const line = lines[index]
  if (!line) return "no such line"
  return { bill: status.bill, line: line.toString("utf8"), index, path: merklePath(lines, index) }
}

/** Taking a line apart costs more than looking for the number in it. */
function mayBe(line: Buffer, wanted: WantedLine): boolean {
  return line.includes("refundId" in wanted ? wanted.refundId : wanted.tradeNo)
}
