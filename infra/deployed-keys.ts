import { CustomResource, Duration, RemovalPolicy } from "aws-cdk-lib/core"
import { Construct } from "constructs"
import type { PlatformFunction } from "./platform-function.ts"

/** Raised where a deployment shall look at the keys anew: that is what makes CloudFormation call the function again. */
const KEYS_FORMAT = "2"

/**
 * Has the function make the platform's own keys while the stack is deployed, so that the stage works when that is done. The
 * time-out lets Lambda call again twice a function that could not even start, after one minute and two more.
 */
export class DeployedKeys extends Construct {
  constructor(scope: Construct, worker: PlatformFunction) {
    super(scope, "PlatformKeys")
    const resource = new CustomResource(this, "Made", {
      resourceType: "Custom::PlatformKeys",
      serviceToken: worker.lambda.functionArn,
      serviceTimeout: Duration.minutes(6),
      properties: { Format: KEYS_FORMAT },
      removalPolicy: RemovalPolicy.RETAIN,
    })
    resource.node.addDependency(worker.role)
  }
}
