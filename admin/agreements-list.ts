import type { Agreement } from "../domain/customer.ts"
import type { Command } from "./command.ts"
import { localTime } from "./times.ts"
import { UsageError } from "./usage-error.ts"

/** A5, C6: what a customer agreed to. */
export const agreementsList: Command = {
  name: "agreements list",
  words: "UID",
  summary: "A customer's live agreements to pay without a password",
  details: ["Contract numbers are shown in part. Only the customer can end an agreement."],
  takes: ["json"],
  wordCount: { min: 1, max: 1 },
  async run({ words: [uid = ""], json }, { agreements }) {
    if (!/^[0-9A-Za-z_-]{1,64}$/.test(uid)) {
      throw new UsageError("a customer's number is 1 to 64 characters of 0-9 A-Z a-z _ -")
    }
    const found = await agreements.list(uid)
    if (json) return { ok: true, lines: [], json: found.map(asJson) }
    if (found.length === 0) return { ok: true, lines: [`${uid} has no agreement.`] }
    return { ok: true, lines: found.map(describe) }
  },
}

function describe({ id, merchantId, payType, contractId, signedAtMs }: Agreement): string {
  return `${id}  ${merchantId}  ${payType}  contract ${masked(contractId)}  signed ${localTime(signedAtMs)}`
}

function asJson({ contractId, ...agreement }: Agreement) {
  return { ...agreement, contractId: masked(contractId) }
}

/** Whoever has the whole number could try to charge by it. */
function masked(contractId: string): string {
  return `…${contractId.slice(-Math.min(4, Math.floor(contractId.length / 3)))}`
}
