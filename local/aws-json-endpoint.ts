import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"

/** What an operation refuses: the SDK makes its exception of that name. */
export class AwsRefusal extends Error {
  readonly type: string

  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

/** Answers what the SDK is answered. Throws an AwsRefusal for a call that cannot be served. */
export type AwsOperation<Input> = (input: Input) => object | Promise<object>

export type AwsJsonService<Input> = {
  /** Of X-Amz-Target, without the dot. */
  target: string
  protocol: "1.0" | "1.1"
  operations: Readonly<Record<string, AwsOperation<Input>>>
  /** Name of the exception that stands for a fault of the service itself. */
  faultType: string
}

export type AwsEndpoint = { url: string; close(): Promise<void> }

/**
 * A service on a free loopback port, speaking the SDK's protocol:
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
export async function startAwsJson<Input>(service: AwsJsonService<Input>): Promise<AwsEndpoint> {
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request, service)
    response.writeHead(status, {
      "content-type": `application/x-amz-json-${service.protocol}`,
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

async function answer<Input>(
  request: IncomingMessage,
  { target, operations, faultType }: AwsJsonService<Input>,
): Promise<{ status: number; body: object }> {
  const name = String(request.headers["x-amz-target"] ?? "").replace(`${target}.`, "")
  try {
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (!operation) throw new AwsRefusal("UnknownOperationException", `${name} is not offered here`)
    return { status: 200, body: await operation(await readInput<Input>(request)) }
  } catch (fault) {
    if (fault instanceof AwsRefusal)
      return { status: 400, body: { __type: fault.type, message: fault.message } }
    return { status: 500, body: { __type: faultType, message: String(fault) } }
  }
}

async function readInput<Input>(request: IncomingMessage): Promise<Input> {
  const text = Buffer.concat(await request.toArray()).toString()
  try {
    return JSON.parse(text) as Input
  } catch {
    throw new AwsRefusal("SerializationException", "The request is no JSON.")
  }
}
