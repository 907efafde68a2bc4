import { SignCommand } from "@aws-sdk/client-kms"
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda"
import { signAnswerRemotely } from "../../http/answer-signature.ts"
import { logFault } from "../../http/call-log.ts"
import { publishedKeys } from "../../persistence/platform-secrets.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, kms, random } from "../machine.ts"

const environment = readEnvironment()

/** The `keyid` that the list is signed under; merchants have its public half in their configuration. */
const ROOT_KEY_ID = "root"
/** A KMS signature costs as much as all the rest of the call: one serves everybody for this long. */
const KEPT_MS = 60_000

let kept: { answer: APIGatewayProxyStructuredResultV2; untilMs: number } | undefined

/** The keys that answers are signed with (contract §2): a JWK set, signed by the root key in KMS. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  // Each address would need a signature of its own, and anybody could have KMS make any number of them.
  if (event.rawQueryString) return { statusCode: 404, body: "" }
  const nowMs = clock.nowMs()
  if (kept && kept.untilMs > nowMs) return kept.answer
  try {
    const answer = await signedKeyList(event.rawPath, nowMs)
    kept = { answer, untilMs: nowMs + KEPT_MS }
    return answer
  } catch (fault) {
    logFault("keys", random.id(nowMs), fault)
    return { statusCode: 503, headers: { "retry-after": "1" }, body: "" }
  }
}

async function signedKeyList(address: string, nowMs: number): Promise<APIGatewayProxyStructuredResultV2> {
  const keys = await publishedKeys({ dynamodb, settingsTable: environment.settingsTable }, nowMs)
  const set = {
    keys: keys.map(({ keyId, publicKey }) => ({
      ...publicKey.export({ format: "jwk" }),
      kid: keyId,
      alg: "RS256",
      use: "sig",
    })),
  }
  const body = Buffer.from(JSON.stringify(set))
  const request = { method: "GET", targetUri: environment.publicUrl + address }
  const headers = await signAnswerRemotely(
    { status: 200, body },
    request,
    { keyId: ROOT_KEY_ID, sign },
    nowMs,
  )
  return {
    statusCode: 200,
    headers: { "content-type": "application/jwk-set+json", "cache-control": "max-age=60", ...headers },
    body: body.toString("utf8"),
  }
}

async function sign(base: Buffer): Promise<Buffer> {
  const { Signature } = await kms.send(
    new SignCommand({
      KeyId: environment.rootKeyId,
      Message: base,
      MessageType: "RAW",
      SigningAlgorithm: "RSASSA_PKCS1_V1_5_SHA_256",
    }),
  )
  if (!Signature) throw new Error("KMS signed nothing")
  return Buffer.from(Signature)
}
