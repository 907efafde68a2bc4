import assert from "node:assert/strict"
import { test } from "node:test"
import type { Template } from "aws-cdk-lib/assertions"
import { Match } from "aws-cdk-lib/assertions"
import { templatesOf } from "./test-templates.ts"

const { api } = templatesOf({ stage: "production" })

test("the routes are those of the contract and no others", () => {
  assert.deepEqual(routes(api), {
    "POST /metro/payment/v1/api/qrcode/applypay": "applypay",
    "POST /metro/payment/v1/api/qrcode/queryuid": "queryuid",
    "POST /metro/payment/v1/api/qrcode/orderquery": "orderquery",
    "POST /metro/payment/v1/api/qrcode/reverse": "reverse",
    "POST /metro/payment/v1/api/qrcode/refund": "refund",
    "POST /metro/payment/v1/api/qrcode/refundquery": "refundquery",
    "POST /metro/payment/v1/api/qrcode/bill": "bill",
    "POST /metro/payment/v1/api/qrcode/billdownload": "billdownload",
    "POST /metro/payment/v1/api/qrcode/billproof": "billproof",
    "GET /metro/payment/v1/keys": "keys",
    "POST /metro/payment/v1/app/code": "code",
    "POST /metro/payment/v1/app/code/open": "code",
    "POST /metro/payment/v1/app/code/close": "code",
    "GET /metro/payment/v1/app/payments/{pay_id}": "payments",
    "GET /metro/payment/v1/app/agreements": "agreements",
    "POST /metro/payment/v1/app/agreements/{id}/close": "agreements",
    "GET /metro/payment/v1/app/records": "records",
    "GET /metro/payment/v1/app/records/{pay_out_trade_no}": "records",
    "POST /metro/payment/v1/app/memberships/open": "memberships",
    "POST /metro/payment/v1/app/memberships/leave": "memberships",
    "GET /metro/payment/v1/app/memberships": "memberships",
    "POST /metro/payment/v1/app/phone": "phone",
    "GET /metro/payment/v1/app/phone": "phone",
    "POST /metro/payment/v1/notify/wechat/{merchant_id}/{account_id}/{version}": "notifywechat",
  })
})

test("the default stage is throttled and logs each call without its path", () => {
  const { api: throttled } = templatesOf({ stage: "test", throttle: { ratePerSecond: 7, burst: 9 } })
  throttled.resourceCountIs("AWS::ApiGatewayV2::Stage", 1)
  throttled.hasResourceProperties("AWS::ApiGatewayV2::Stage", {
    StageName: "$default",
    AutoDeploy: true,
    DefaultRouteSettings: { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 },
    AccessLogSettings: { DestinationArn: Match.anyValue(), Format: Match.stringLikeRegexp("routeKey") },
  })
  assert.doesNotMatch(JSON.stringify(throttled.findResources("AWS::ApiGatewayV2::Stage")), /context\.path/)
})

test("a route may have a throttle of its own, set once the route is there", () => {
  const routeThrottles = { "GET /metro/payment/v1/keys": { ratePerSecond: 3, burst: 5 } }
  const { api: throttled } = templatesOf({ stage: "test", routeThrottles })
  const routeIds = Object.keys(throttled.findResources("AWS::ApiGatewayV2::Route"))
  const [stage] = Object.values(throttled.findResources("AWS::ApiGatewayV2::Stage"))
  assert.deepEqual(stage?.Properties.RouteSettings, {
    "GET /metro/payment/v1/keys": { ThrottlingRateLimit: 3, ThrottlingBurstLimit: 5 },
  })
  for (const id of routeIds) assert.ok(stage?.DependsOn.includes(id), id)
  const { api: plain } = templatesOf({ stage: "test" })
  plain.hasResourceProperties("AWS::ApiGatewayV2::Stage", { RouteSettings: Match.absent() })
})

test("in production what anybody can call is throttled apart", () => {
  const [stage] = Object.values(api.findResources("AWS::ApiGatewayV2::Stage"))
  assert.deepEqual(Object.keys(stage?.Properties.RouteSettings), [
    "GET /metro/payment/v1/keys",
    "POST /metro/payment/v1/notify/wechat/{merchant_id}/{account_id}/{version}",
  ])
})

test("the public address is the API's own endpoint unless the settings say otherwise", () => {
  assert.deepEqual(publicUrls(api), [
    { "Fn::GetAtt": [logicalId(api, "AWS::ApiGatewayV2::Api"), "ApiEndpoint"] },
  ])
  assert.deepEqual(publicUrls(templatesOf({ stage: "local", publicUrl: "http://127.0.0.1:9" }).workers), [
    "http://127.0.0.1:9",
  ])
  api.hasResourceProperties("AWS::ApiGatewayV2::Api", { DisableExecuteApiEndpoint: false })
})

test("with a custom domain that is the public address, and the API's own endpoint is off", () => {
  const certificateArn = "arn:aws-cn:acm:cn-north-1:123456789012:certificate/0"
  const { api: own } = templatesOf({
    stage: "production",
    customDomain: { name: "pay.example.com", certificateArn },
  })
  assert.deepEqual(publicUrls(own), ["https://pay.example.com"])
  own.hasResourceProperties("AWS::ApiGatewayV2::Api", { DisableExecuteApiEndpoint: true })
  own.hasResourceProperties("AWS::ApiGatewayV2::DomainName", {
    DomainName: "pay.example.com",
    DomainNameConfigurations: [{ CertificateArn: certificateArn, EndpointType: "REGIONAL" }],
  })
  own.resourceCountIs("AWS::ApiGatewayV2::ApiMapping", 1)
})

/** Route key to the name of the function behind it. */
function routes(template: Template): Record<string, string> {
  const integrations = template.findResources("AWS::ApiGatewayV2::Integration")
  const functions = template.findResources("AWS::Lambda::Function")
  const found = Object.values(template.findResources("AWS::ApiGatewayV2::Route")).map(({ Properties }) => {
    const integration = integrations[Properties.Target["Fn::Join"][1][1].Ref]
    const fn = functions[integration?.Properties.IntegrationUri["Fn::GetAtt"][0]]
    return [Properties.RouteKey, fn?.Properties.FunctionName.replace("MetroPay-production-", "")]
  })
  return Object.fromEntries(found)
}

/** The different values of PUBLIC_URL in a stack. */
function publicUrls(template: Template): unknown[] {
  const urls = Object.values(template.findResources("AWS::Lambda::Function")).map((fn) =>
    JSON.stringify(fn.Properties.Environment.Variables.PUBLIC_URL),
  )
  return [...new Set(urls)].map((url) => JSON.parse(url))
}

function logicalId(template: Template, type: string): string | undefined {
  return Object.keys(template.findResources(type))[0]
}
