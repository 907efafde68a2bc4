import { App } from "aws-cdk-lib/core"
import { ApiStack } from "./api-stack.ts"
import { DataStack } from "./data-stack.ts"
import type { Settings } from "./settings.ts"
import { WatchStack } from "./watch-stack.ts"
import { WorkerStack } from "./worker-stack.ts"

export type Platform = { app: App; data: DataStack; api: ApiStack; workers: WorkerStack; watch: WatchStack }

/**
 * The stacks of a stage, in the order they are deployed in. Nothing is looked up in an account, so that the templates fit
 * every account, region and partition. `bundles` is the output folder of bundleFunctions; the templates go to
 * `outdir`, or where the CDK's command line wants them.
 */
export function definePlatform(settings: Settings, bundles: string, outdir?: string): Platform {
  const app = new App({
    outdir,
    analyticsReporting: false,
    treeMetadata: false,
    builtinCloudFormationValidation: settings.templateChecks,
    // Here and not in cdk.json, so that the templates are the same however this is started.
    context: {
      // A value in use cannot be deleted or replaced under those who use it.
      "@aws-cdk/core:defaultCrossStackReferences": "strong",
      // A template that CloudFormation would refuse fails here already.
      "@aws-cdk/core:validateAgainstDefaultRules": true,
      // What API Gateway itself stores; otherwise drift detection reports a difference for ever.
      "@aws-cdk/aws-apigateway:logGroupDestinationArnWithoutWildcard": true,
    },
  })
  const name = (part: string) => `MetroPay-${settings.stage}-${part}`
  const data = new DataStack(app, name("Data"), settings)
  const api = new ApiStack(app, name("Api"), settings, data.data, bundles)
  const workers = new WorkerStack(app, name("Workers"), settings, data.data, api.publicUrl, bundles)
  const watch = new WatchStack(app, name("Watch"), settings, data.data, api.apiId)
  return { app, data, api, workers, watch }
}
