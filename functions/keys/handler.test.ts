import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { test } from "node:test"
import type { APIGatewayProxyEventV2 } from "aws-lambda"

test("an address with a query string is none, and nothing is read or signed for it", async () => {
  let asked = 0
  const aws = createServer((_, response) => {
    asked += 1
    response.writeHead(400).end()
  }).listen(0, "127.0.0.1")
  await once(aws, "listening")
  const endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`
  Object.assign(process.env, {
    STAGE: "test",
    SETTINGS_TABLE: "settings",
    ROOT_KEY_ID: "root",
    PUBLIC_URL: "http://127.0.0.1",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "nobody",
    AWS_SECRET_ACCESS_KEY: "nothing",
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_KMS: endpoint,
  })
  const { handler } = await import("./handler.ts")
  const call = async (rawQueryString: string) => {
    const event: Partial<APIGatewayProxyEventV2> = { rawPath: "/metro/payment/v1/keys", rawQueryString }
    return (await handler(event as APIGatewayProxyEventV2)).statusCode
  }
  try {
    for (const query of ["1", "at=2", "a=1&b=2"]) assert.equal(await call(query), 404)
    assert.equal(asked, 0)
    // The address itself is looked after: here what it needs does not answer.
    assert.equal(await call(""), 503)
    assert.ok(asked > 0)
  } finally {
    aws.close()
    aws.closeAllConnections()
  }
})
