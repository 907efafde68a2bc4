/** A merchant's bill of a day as merchants get it: totals, file, and proofs of some lines. */
import type { BillDownload, BillProof, Bill as BillTotals } from "../../sdk/messages.ts"
import { until } from "../journeys/running-platform.ts"
import type { Seeded } from "../simulation/seeded-random.ts"
import { type BillLine, readBillLines } from "./bill-lines.ts"
import type { MerchantId, RunningChain } from "./running-chain.ts"

export type FetchedBill = {
  merchantId: MerchantId
  day: string
  infos: BillTotals["bill_infos"]
  download: BillDownload
  file: Buffer
  lines: BillLine[]
  proofs: BillProof[]
}

const MADE_WITHIN_MS = 180_000
const PROVED_LINES = 5

/** Waits until the bill is made. */
export async function fetchBill(
  chain: RunningChain,
  random: Seeded,
  merchantId: MerchantId,
  day: string,
): Promise<FetchedBill> {
  const { data } = await until(
    () => chain.ask(merchantId, "bill", { date: day }),
    ({ code }) => code === "SUCCESS",
    MADE_WITHIN_MS,
  )
  const answer = await chain.askUntilHeard(merchantId, "billdownload", { date: day })
  const download = answer.data as BillDownload
  const response = await fetch(download.url)
  if (response.status !== 200) throw new Error(`the bill's address answers ${response.status}`)
  const file = Buffer.from(await response.arrayBuffer())
  const lines = readBillLines(file.toString("utf8"))
  const proofs: BillProof[] = []
  for (let at = 0; at < Math.min(PROVED_LINES, lines.length); at++) {
    const { kind, pay_out_trade_no, pay_refund_id } = random.pick(lines)
    const wanted = pay_refund_id ? { pay_refund_id } : { pay_out_trade_no, kind }
    const proved = await chain.askUntilHeard(merchantId, "billproof", { date: day, ...wanted })
    proofs.push(proved.data as BillProof)
  }
  return { merchantId, day, infos: (data as BillTotals).bill_infos, download, file, lines, proofs }
}
