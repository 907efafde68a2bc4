import { BillDownloadInput } from "../../api/merchant-api.ts"
import { billDownloadAnswer } from "../../http/bill-answer.ts"
import { merchantHandler } from "../../http/merchant-call.ts"
import { readEnvironment } from "../environment.ts"
import { clock } from "../machine.ts"
import { merchantEdge } from "../merchant-edge.ts"
import { openBills } from "../objects.ts"
import { platformSecrets } from "../secrets.ts"

const environment = readEnvironment()
const bills = openBills(environment)

/** Contract §3. */
const LINK_LIFE_MS = 5 * 60_000

/** A18: the day's transactions as a file. */
export const handler = merchantHandler(merchantEdge(environment, platformSecrets(environment)), {
  name: "billdownload",
  input: BillDownloadInput,
  async run({ date }, { merchantId }) {
    const bill = await bills.read(merchantId, date)
    if (!bill) return { ok: false, refusal: { code: "BILL_NOT_READY" } }
    // The link counts whole seconds, and a little later: it lives no shorter than is said.
    const expiresAtMs = Math.floor(clock.nowMs() / 1000) * 1000 + LINK_LIFE_MS
    const url = await bills.link(merchantId, date, LINK_LIFE_MS)
    return { ok: true, data: billDownloadAnswer(bill, url, expiresAtMs) }
  },
})
