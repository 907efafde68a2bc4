import { APP_API_PATH, CloseCodeInput, IssueCodeInput, OpenCodeInput } from "../../api/app-api.ts"
import { customerCall, customerHandler } from "../../http/customer-call.ts"
import { codeStore } from "../../persistence/code-store.ts"
import { customerStore } from "../../persistence/customer-store.ts"
import { type CodePorts, closeCode, issueCode, openCode } from "../../usecases/consumption-code.ts"
import { customerEdge } from "../customer-edge.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, once, random } from "../machine.ts"
import { paymentSettings } from "../payment-settings.ts"
import { dataSecrets } from "../secrets.ts"

const environment = readEnvironment()
const secrets = dataSecrets(environment)

const customers = customerStore(dynamodb, environment.mainTable)

const ports = once(
  async (): Promise<CodePorts> => ({
    clock,
    random,
    codeKey: (await secrets.dataKeys()).codeKey,
    codes: codeStore(dynamodb, environment.mainTable),
    customers,
    settings: paymentSettings(environment),
  }),
)

/** A1–A3: the customer opens, closes and shows the consumption code. */
export const handler = customerHandler(customerEdge(environment), "code", {
  [`POST ${APP_API_PATH}/code/open`]: customerCall("body", OpenCodeInput, async ({ pay_type }, { uid }) => {
    const customer = await openCode({ customers }, uid, pay_type)
    return { ok: true, data: { pay_type: customer.defaultPayType } }
  }),

  [`POST ${APP_API_PATH}/code/close`]: customerCall("body", CloseCodeInput, async (_input, { uid }) => {
    await closeCode({ customers }, uid)
    return { ok: true, data: {} }
  }),

  [`POST ${APP_API_PATH}/code`]: customerCall("body", IssueCodeInput, async ({ pay_type }, { uid }) => {
    const shown = await issueCode(await ports(), uid, pay_type)
    if (!shown) return { ok: false, refusal: { code: "CODE_NOT_OPEN" } }
    const { payId, payType, expiresAtMs } = shown.issued
    return {
      ok: true,
      // Every open app has a new one each minute.
      quiet: true,
      data: {
        qrcode: shown.code,
        pay_id: payId,
        pay_type: payType,
        expires_at: new Date(expiresAtMs).toISOString(),
      },
    }
  }),
})
