import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway"
import {
  ApiMapping,
  CfnStage,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2"
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations"
import { Certificate } from "aws-cdk-lib/aws-certificatemanager"
import { LogGroup } from "aws-cdk-lib/aws-logs"
import { CfnOutput, RemovalPolicy, Stack, Validations } from "aws-cdk-lib/core"
import type { Construct } from "constructs"
import type { PlatformData } from "./data-stack.ts"
import type { FunctionName, Route } from "./function-table.ts"
import { FUNCTION_NAMES, ROUTES, rowOf } from "./function-table.ts"
import type { FunctionSurroundings } from "./platform-function.ts"
import { PlatformFunction } from "./platform-function.ts"
import type { Settings } from "./settings.ts"

/** The way in: one HTTP API for merchants and customers, and the functions behind its routes. */
export class ApiStack extends Stack {
  /** Where callers reach the API, without trailing slash: what signatures over the address are checked against. */
  readonly publicUrl: string
  /** Its metrics are found by it. */
  readonly apiId: string

  constructor(scope: Construct, id: string, settings: Settings, data: PlatformData, bundles: string) {
    super(scope, id, { terminationProtection: settings.keepData })
    const api = new HttpApi(this, "Api", {
      apiName: `MetroPay-${settings.stage}`,
      createDefaultStage: false,
      disableExecuteApiEndpoint: settings.customDomain !== undefined,
    })
    const stage = defaultStage(this, api, settings)
    if (settings.customDomain) addCustomDomain(this, api, stage, settings.customDomain)
    this.publicUrl = publicUrlOf(api, settings)
    this.apiId = api.apiId
    const surroundings = { settings, data, publicUrl: this.publicUrl, bundles }
    const routes = FUNCTION_NAMES.flatMap((name) => addRoutes(this, api, name, surroundings))
    // A throttle of a route that does not exist yet is refused.
    if (settings.routeThrottles) stage.node.addDependency(...routes)
    new CfnOutput(this, "ApiUrl", { value: this.publicUrl })
  }
}

function addRoutes(
  scope: Construct,
  api: HttpApi,
  name: FunctionName,
  surroundings: FunctionSurroundings,
): HttpRoute[] {
  const { trigger } = rowOf(name)
  if (!("routes" in trigger)) return []
  const { lambda } = new PlatformFunction(scope, name, surroundings)
  const integration = new HttpLambdaIntegration(`${name}Integration`, lambda)
  return trigger.routes.map((route) => {
    const { method, path } = split(route)
    const httpRoute = new HttpRoute(scope, `Route ${method} ${path.slice(1).replaceAll("/", ".")}`, {
      httpApi: api,
      routeKey: HttpRouteKey.with(path, method),
      integration,
    })
    Validations.of(httpRoute).acknowledge({
      id: "AwsSolutions-APIG4",
      reason:
        "Authorization is in the function: merchants sign each call over its body (RFC 9421), which an authorizer never sees, and customers' tokens are verified there too, so that every refusal carries the one envelope and, for merchants, the platform's signature. The key list is public by purpose, and a channel's notifications carry the channel's signature.",
    })
    return httpRoute
  })
}

function split(route: Route): { method: HttpMethod; path: string } {
  const [method, path] = route.split(" ") as ["GET" | "POST", string]
  return { method: method === "GET" ? HttpMethod.GET : HttpMethod.POST, path }
}

function defaultStage(scope: Construct, api: HttpApi, settings: Settings): HttpStage {
  const accessLog = new LogGroup(scope, "AccessLog", {
    retention: settings.logDays,
    removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  })
  const stage = new HttpStage(scope, "DefaultStage", {
    httpApi: api,
    stageName: "$default",
    autoDeploy: true,
    throttle: { rateLimit: settings.throttle.ratePerSecond, burstLimit: settings.throttle.burst },
    accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: ACCESS_LOG_FORMAT },
  })
  throttleRoutes(stage, settings.routeThrottles)
  return stage
}

function throttleRoutes(stage: HttpStage, throttles: Settings["routeThrottles"]): void {
  if (!throttles) return
  const resource = stage.node.defaultChild
  if (!(resource instanceof CfnStage)) throw new Error("The stage is no stage")
  resource.routeSettings = Object.fromEntries(
    ROUTES.flatMap((route) => {
      const own = throttles[route]
      if (!own) return []
      return [[route, { ThrottlingRateLimit: own.ratePerSecond, ThrottlingBurstLimit: own.burst }]]
    }),
  )
}

/** The route as it is written in the table, never the path: numbers of orders and codes stand in paths. */
const ACCESS_LOG_FORMAT = AccessLogFormat.custom(
  JSON.stringify({
    request: "$context.requestId",
    route: "$context.routeKey",
    status: "$context.status",
    ms: "$context.responseLatency",
    from: "$context.identity.sourceIp",
    fault: "$context.integrationErrorMessage",
  }),
)

function publicUrlOf(api: HttpApi, { publicUrl, customDomain }: Settings): string {
  if (publicUrl) return publicUrl
  return customDomain ? `https://${customDomain.name}` : api.apiEndpoint
}

function addCustomDomain(
  scope: Construct,
  api: HttpApi,
  stage: HttpStage,
  { name, certificateArn }: { name: string; certificateArn: string },
): void {
  const domainName = new DomainName(scope, "Domain", {
    domainName: name,
    certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn),
  })
  new ApiMapping(scope, "DomainMapping", { api, domainName, stage })
  // The name itself may be served anywhere, so its record is not made here.
  new CfnOutput(scope, "DomainTarget", {
    value: domainName.regionalDomainName,
    description: `Point ${name} here`,
  })
}
