import { BillInput } from "../../api/merchant-api.ts"
import { billAnswer } from "../../http/bill-answer.ts"
import { merchantHandler } from "../../http/merchant-call.ts"
import { billStatus } from "../../usecases/bill-status.ts"
import { readEnvironment } from "../environment.ts"
import { merchantEdge } from "../merchant-edge.ts"
import { openBillRuns, openBills } from "../objects.ts"
import { platformSecrets } from "../secrets.ts"

const environment = readEnvironment()
const ports = { bills: openBills(environment), runs: openBillRuns(environment) }

/** A12: the totals of a day, by pay type. */
export const handler = merchantHandler(merchantEdge(environment, platformSecrets(environment)), {
  name: "bill",
  input: BillInput,
  async run({ date }, { merchantId }) {
    const status = await billStatus(ports, merchantId, date)
    if (status.kind === "due") return { ok: false, refusal: { code: "BILL_NOT_READY" } }
    return { ok: true, data: billAnswer(date, status.kind === "made" ? status.bill.infos : []) }
  },
})
