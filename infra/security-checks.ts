import type { App } from "aws-cdk-lib/core"
import { Validations } from "aws-cdk-lib/core"
import { AwsSolutionsChecks } from "cdk-nag"

/** Fails synthesis on every finding that is not acknowledged, with its reason, at the construct it is about. */
export function addSecurityChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
}
