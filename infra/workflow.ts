import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam"
import { LogGroup } from "aws-cdk-lib/aws-logs"
import { DefinitionBody, LogLevel, StateMachine } from "aws-cdk-lib/aws-stepfunctions"
import { Aws, RemovalPolicy, Stack, Validations } from "aws-cdk-lib/core"
import type { Construct } from "constructs"
import { allow } from "./permissions.ts"
import type { PlatformFunction } from "./platform-function.ts"
import type { Settings } from "./settings.ts"
import { type WorkflowName, workflowArn, workflowName } from "./workflow-names.ts"

/** A workflow of that definition, which calls the one function and nothing else. Its parts become the scope's. */
export function makeWorkflow(
  scope: Construct,
  step: PlatformFunction,
  which: WorkflowName,
  definition: object,
  settings: Settings,
): void {
  const role = workflowRole(scope, which, settings)
  allow(role, "RunStep", "lambda", ["InvokeFunction"], [step.lambda.functionArn])
  const log = new LogGroup(scope, "Log", {
    retention: settings.logDays,
    removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  })
  const workflow = new StateMachine(scope, "StateMachine", {
    stateMachineName: workflowName(settings.stage, which),
    role,
    definitionBody: DefinitionBody.fromString(Stack.of(scope).toJsonString(definition)),
    logs: { destination: log, level: LogLevel.ERROR, includeExecutionData: false },
    tracingEnabled: settings.tracing,
  })
  acknowledgeFindings(role, workflow)
}

/** For steps that may be repeated, as each of ours may. */
export const RETRY = {
  ErrorEquals: [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "States.TaskFailed",
  ],
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
  // After an outage thousands come back at once.
  JitterStrategy: "FULL",
  MaxAttempts: 6,
}

/** Step Functions takes the role on for this workflow only, so that nobody can have it used for another. */
function workflowRole(scope: Construct, which: WorkflowName, { stage }: Settings): Role {
  const arn = workflowArn(Stack.of(scope), stage, which)
  return new Role(scope, "Role", {
    assumedBy: new ServicePrincipal("states.amazonaws.com", {
      conditions: {
        ArnEquals: { "aws:SourceArn": arn },
        StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
      },
    }),
  })
}

function acknowledgeFindings(role: Role, workflow: StateMachine): void {
  Validations.of(role).acknowledge({
    id: "AwsSolutions-IAM5[Resource::*]",
    reason:
      "What Step Functions demands of a role to have its log delivered (and, where tracing is on, to send to X-Ray) has no resources to name; the actions are the ones of its documentation.",
  })
  Validations.of(workflow).acknowledge(
    {
      id: "AwsSolutions-SF1",
      reason:
        "Errors only: every step of an execution stands in its history for 90 days, each step has its own log, and logging all would cost more than the steps.",
    },
    {
      id: "AwsSolutions-SF2",
      reason: "X-Ray is a setting (tracing): functions in the China regions do not have it.",
    },
  )
}
