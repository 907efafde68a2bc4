import { generateKeyPairSync } from "node:crypto"
import type { SimulatedChannels } from "../../local/channels.ts"
import { MetroPayClient } from "../../sdk/client.ts"
import { Connection } from "../../sdk/connection.ts"
import type { DeployedStage } from "./deployed-stage.ts"
import type { Operator } from "./operator.ts"

/** One that the simulated channel has an account for. */
export const MERCHANT = "M10001"
const KEY_ID = "K1"

/** Both say only what the platform has signed. */
export type Till = { client: MetroPayClient; connection: Connection }

type Surroundings = {
  operator: Operator
  stage: DeployedStage
  channels: SimulatedChannels
  /** The stage's public address. */
  baseUrl: string
}

/**
 * Registers a merchant as operators do (docs/operations/admin.md). Of the platform its till knows the address and the root
 * key; it fetches the keys that answers are signed with.
 */
export async function openTill({ operator, stage, channels, baseUrl }: Surroundings): Promise<Till> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const publicKeyPem = publicKey.export({ format: "pem", type: "spki" }).toString()
  const { mchid, settings } = accountAt(channels)

  await operator.run("merchants", "add", MERCHANT, "--name", "天桥便利店")
  const keyFile = operator.file("merchant-key.pem", publicKeyPem)
  await operator.run("api-keys", "add", MERCHANT, KEY_ID, "--public-key", keyFile)
  const account = [
    "--pay-types",
    "WECHAT",
    "--settings",
    operator.file("wechat.json", JSON.stringify(settings)),
  ]
  await operator.run("accounts", "set", MERCHANT, "wechat", mchid, ...account)

  const platformRootKey = await stage.rootKey()
  const known = { baseUrl, merchantId: MERCHANT, keyId: KEY_ID, platformKeys: { keys: [] }, platformRootKey }
  return {
    client: new MetroPayClient({ ...known, privateKey }),
    connection: new Connection({ ...known, privateKey }),
  }
}

/** What WeChat gives a merchant, as the command line wants it. */
function accountAt({ wechat }: SimulatedChannels) {
  const account = wechat.accounts.find(({ merchantId }) => merchantId === MERCHANT)
  if (!account) throw new Error(`the simulated channel does not know ${MERCHANT}`)
  const { mchid, appid, serialNo, privateKeyPem, apiV3Key } = account
  const { publicKeyId, platformPublicKeyPem: publicKeyPem } = wechat
  const ours = { mchid, appid, serialNo, privateKeyPem, apiV3Key, agreementProduct: "apply" }
  return { mchid, settings: { ...ours, publicKeyId, publicKeyPem } }
}
