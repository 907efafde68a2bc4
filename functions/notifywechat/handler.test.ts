import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { after, before, test } from "node:test"
import type { APIGatewayProxyEventV2 } from "aws-lambda"
import { findLocalTarget } from "../../admin/local-target.ts"
import { type Running, runPlatform } from "../../test/journeys/running-platform.ts"

let running: Running
/** In front of the database: while it is down, merchants' settings cannot be read. */
let database: Server
let down = false
let handler: typeof import("./handler.ts")["handler"]

before(async () => {
  running = await runPlatform()
  database = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const target = String(request.headers["x-amz-target"])
    if (down && target.endsWith(".Query")) {
      return response.writeHead(400).end(JSON.stringify({ __type: "com.amazonaws#AccessDeniedException" }))
    }
    const headers = { "x-amz-target": target, "content-type": "application/x-amz-json-1.0" }
    const authorization = String(request.headers.authorization)
    const to = running.platform.endpoints.dynamodb
    const answer = await fetch(to, { method: "POST", body, headers: { ...headers, authorization } })
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()))
  }).listen(0, "127.0.0.1")
  await once(database, "listening")
  const { variables, sdkVariables } = findLocalTarget(running.dataDir)
  const port = (database.address() as AddressInfo).port
  Object.assign(process.env, variables, sdkVariables, {
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}`,
  })
  handler = (await import("./handler.ts")).handler
})
after(async () => {
  database?.close()
  database?.closeAllConnections()
  await running?.stop()
})

async function told(merchantId: string) {
  const event: Partial<APIGatewayProxyEventV2> = {
    pathParameters: { merchant_id: merchantId, account_id: "main", version: "1" },
    headers: {},
    body: "{}",
  }
  const { statusCode, body } = await handler(event as APIGatewayProxyEventV2)
  return [statusCode, JSON.parse(body ?? "{}").message]
}

test("an account that there is none of is not found", async () => {
  assert.deepEqual(await told("M99999"), [404, "ACCOUNT_UNKNOWN"])
})

test("settings that cannot be read are a fault of ours, so that WeChat tells it again", async () => {
  down = true
  try {
    assert.deepEqual(await told("M99998"), [500, "SYSTEM_ERROR"])
  } finally {
    down = false
  }
  assert.deepEqual(await told("M99998"), [404, "ACCOUNT_UNKNOWN"], "what failed is not remembered")
})
