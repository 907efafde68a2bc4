import type { Language } from "../../api/errors.ts"
import { BillProofInput } from "../../api/merchant-api.ts"
import { billProofAnswer } from "../../http/bill-answer.ts"
import type { Answer } from "../../http/envelope.ts"
import { merchantHandler } from "../../http/merchant-call.ts"
import { proveLine, type WantedLine } from "../../usecases/prove-line.ts"
import { readEnvironment } from "../environment.ts"
import { merchantEdge } from "../merchant-edge.ts"
import { openBillRuns, openBills } from "../objects.ts"
import { platformSecrets } from "../secrets.ts"

const environment = readEnvironment()
const ports = { bills: openBills(environment), runs: openBillRuns(environment) }

/** A18: proves, without the file, that a movement stands in the day's bill. */
export const handler = merchantHandler(merchantEdge(environment, platformSecrets(environment)), {
  name: "billproof",
  input: BillProofInput,
  async run(input, { merchantId, language }) {
    const wanted = wantedLine(input)
    if (!wanted) return oneMeaningNeeded(language)
    const proof = await proveLine(ports, merchantId, input.date, wanted)
    if (proof === "not ready") return { ok: false, refusal: { code: "BILL_NOT_READY" } }
    if (proof === "no such line") {
      return {
        ok: false,
        refusal: { code: wanted.kind === "REFUND" ? "REFUND_NOT_FOUND" : "ORDER_NOT_FOUND" },
      }
    }
    return { ok: true, data: billProofAnswer(proof) }
  },
})

function wantedLine({ pay_out_trade_no, pay_refund_id, kind }: BillProofInput): WantedLine | undefined {
  if (pay_refund_id !== undefined) {
    const meant = pay_out_trade_no === undefined && (kind === undefined || kind === "REFUND")
    return meant ? { refundId: pay_refund_id, kind: "REFUND" } : undefined
  }
  if (pay_out_trade_no === undefined || kind === "REFUND") return undefined
  return { tradeNo: pay_out_trade_no, kind: kind ?? "PAYMENT" }
}

const ONE_MEANING: Readonly<Record<Language, string>> = {
  zh: "应提供 pay_refund_id（退款），或 pay_out_trade_no（kind 为 PAYMENT 或 REVERSAL），二者选一",
  en: "give either pay_refund_id, for a refund, or pay_out_trade_no with kind PAYMENT or REVERSAL",
}

function oneMeaningNeeded(language: Language): Answer {
  return { ok: false, refusal: { code: "INVALID_PARAMETER", detail: ONE_MEANING[language] } }
}
