import { APP_API_PATH, ReadPhoneInput, SetPhoneInput } from "../../api/app-api.ts"
import { maskedPhone, normalisedPhone } from "../../domain/phone.ts"
import { customerCall, customerHandler } from "../../http/customer-call.ts"
import { type PhonePorts, readPhone, setPhone } from "../../usecases/customer-phone.ts"
import { customerEdge } from "../customer-edge.ts"
import { readEnvironment } from "../environment.ts"
import { clock } from "../machine.ts"
import { memberStores } from "../member-stores.ts"
import { dataSecrets } from "../secrets.ts"

const environment = readEnvironment()

const ports: PhonePorts = {
  clock,
  ...memberStores(environment, dataSecrets(environment).heldDataKeys),
  // Whoever has a token could call with any number, and merchants know their members by it.
  unprovenAllowed: !environment.production,
}

/** A14: a customer's phone number. */
export const handler = customerHandler(customerEdge(environment), "phone", {
  [`POST ${APP_API_PATH}/phone`]: customerCall("body", SetPhoneInput, async (input, { uid, provenPhone }) => {
    const phone = normalisedPhone(input.phone)
    if (phone === undefined) return { ok: false, refusal: { code: "INVALID_PARAMETER", detail: "phone" } }
    const answer = await setPhone(ports, uid, phone, provenPhone)
    return answer.ok ? { ok: true, data: { phone: maskedPhone(answer.phone) } } : answer
  }),

  [`GET ${APP_API_PATH}/phone`]: customerCall("address", ReadPhoneInput, async (_input, { uid }) => {
    const phone = await readPhone(ports, uid)
    return { ok: true, data: phone === undefined ? {} : { phone: maskedPhone(phone) } }
  }),
})
