import { QueryUidInput } from "../../api/merchant-api.ts"
import { merchantHandler } from "../../http/merchant-call.ts"
import { codeStore } from "../../persistence/code-store.ts"
import { customerStore } from "../../persistence/customer-store.ts"
import { wrongCodeStore } from "../../persistence/wrong-code-store.ts"
import { type QueryUidPorts, queryUid } from "../../usecases/query-uid.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, once } from "../machine.ts"
import { merchantEdge } from "../merchant-edge.ts"
import { paymentSettings } from "../payment-settings.ts"
import { platformSecrets } from "../secrets.ts"

const environment = readEnvironment()
const secrets = platformSecrets(environment)

const ports = once(async (): Promise<QueryUidPorts> => {
  const { mainTable } = environment
  return {
    clock,
    codeKey: (await secrets.dataKeys()).codeKey,
    codes: codeStore(dynamodb, mainTable),
    customers: customerStore(dynamodb, mainTable),
    wrongCodes: wrongCodeStore(dynamodb, mainTable),
    settings: paymentSettings(environment),
  }
})

/** A8: whose code is this. */
export const handler = merchantHandler(merchantEdge(environment, secrets), {
  name: "queryuid",
  input: QueryUidInput,
  async run({ qrcode }, { merchantId }) {
    const result = await queryUid(await ports(), merchantId, qrcode)
    return result.ok ? { ok: true, data: { uid: result.uid } } : result
  },
})
