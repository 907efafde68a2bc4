import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import type { KmsKey } from "./kms-keys.ts"
import { type KeyRing, KMS_OPERATIONS, type KmsInput, KmsRefusal } from "./kms-operations.ts"

export type KmsServer = { url: string; close(): Promise<void> }

/**
 * A KMS for these keys on a free loopback port, speaking the SDK's protocol (AWS JSON 1.1, `X-Amz-Target:
 * TrentService.*`). There is no local KMS on the package registry; the operations are those that the platform uses.
 */
export async function startKms(keys: readonly KmsKey[]): Promise<KmsServer> {
  const ring = keyRing(keys)
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request, ring)
    response.writeHead(status, {
      "content-type": "application/x-amz-json-1.1",
      "x-amzn-requestid": randomUUID(),
    })
    response.end(JSON.stringify(body))
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(request: IncomingMessage, ring: KeyRing): Promise<{ status: number; body: object }> {
  const name = String(request.headers["x-amz-target"] ?? "").replace(/^TrentService\./, "")
  try {
    const operation = Object.hasOwn(KMS_OPERATIONS, name) ? KMS_OPERATIONS[name] : undefined
    if (!operation)
      throw new KmsRefusal("UnknownOperationException", `${name} is not offered by the local KMS`)
    return { status: 200, body: await operation(await readInput(request), ring) }
  } catch (fault) {
    if (fault instanceof KmsRefusal)
      return { status: 400, body: { __type: fault.type, message: fault.message } }
    return { status: 500, body: { __type: "KMSInternalException", message: String(fault) } }
  }
}

async function readInput(request: IncomingMessage): Promise<KmsInput> {
  const text = Buffer.concat(await request.toArray()).toString()
  try {
    return JSON.parse(text) as KmsInput
  } catch {
    throw new KmsRefusal("SerializationException", "The request is no JSON.")
  }
}

/** Keys by id, by ARN, and by alias with or without the ARN's head, as KMS takes them. */
function keyRing(keys: readonly KmsKey[]): KeyRing {
  const byName = new Map<string, KmsKey>()
  for (const key of keys) {
    const arnHead = key.arn.slice(0, key.arn.lastIndexOf(":") + 1)
    for (const name of [key.keyId, key.arn, ...key.aliases, ...key.aliases.map((alias) => arnHead + alias)]) {
      byName.set(name, key)
    }
  }
  return {
    find(keyId) {
      const key = byName.get(keyId ?? "")
      if (!key) throw new KmsRefusal("NotFoundException", `Key '${keyId}' does not exist`)
      return key
    },
  }
}
