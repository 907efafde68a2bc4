import * as z from "zod"
import { APP_API_PATH } from "../../api/app-api.ts"
import { customerCall, customerHandler } from "../../http/customer-call.ts"
import { agreementStore } from "../../persistence/agreement-store.ts"
import { closeAgreement, listAgreements } from "../../usecases/agreements.ts"
import { customerEdge } from "../customer-edge.ts"
import { readEnvironment } from "../environment.ts"
import { dynamodb } from "../machine.ts"

const environment = readEnvironment()
const ports = { agreements: agreementStore(dynamodb, environment.mainTable) }

const ListInput = z.strictObject({})
/** An id that is none is simply not found. */
const CloseInput = z.strictObject({ id: z.string() })

/** A5: a customer's no-password agreements. */
export const handler = customerHandler(customerEdge(environment), "agreements", {
  [`GET ${APP_API_PATH}/agreements`]: customerCall("address", ListInput, async (_input, { uid }) => {
    const agreements = await listAgreements(ports, uid)
    return {
      ok: true,
      data: {
        agreements: agreements.map(({ id, merchantId, payType, signedAtMs }) => ({
          id,
          merchant_id: merchantId,
          pay_type: payType,
          signed_at: new Date(signedAtMs).toISOString(),
        })),
      },
    }
  }),

  [`POST ${APP_API_PATH}/agreements/{id}/close`]: customerCall(
    "address",
    CloseInput,
    async ({ id }, { uid }) =>
      (await closeAgreement(ports, uid, id))
        ? { ok: true, data: { id } }
        : { ok: false, refusal: { code: "AGREEMENT_NOT_FOUND" } },
  ),
})
