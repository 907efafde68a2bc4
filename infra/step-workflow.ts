import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam"
import { LogGroup } from "aws-cdk-lib/aws-logs"
import { DefinitionBody, LogLevel, StateMachine } from "aws-cdk-lib/aws-stepfunctions"
import { Aws, RemovalPolicy, Stack, Validations } from "aws-cdk-lib/core"
import { Construct } from "constructs"
import { allow } from "./permissions.ts"
import type { PlatformFunction } from "./platform-function.ts"
import type { Settings } from "./settings.ts"
import { type StepWorkflowName, workflowArn, workflowName } from "./workflow-names.ts"

/** What is not done by then begins anew: the end by time-out is an event like a failure is (failed-executions.ts). */
const EXECUTION_TIMEOUT_S = 23 * 60 * 60
/** How long a step that went on failing is left alone. */
const FAULT_WAIT_S = 10 * 60

/**
 * Sees an order's undoing or a refund to its end, however long a channel takes: the function does one step and says how long
 * to wait until the next. What it answers is the state that the next step begins with, so it carries on the number and the
 * `generation`.
 *
 * An execution ends by itself or by its time-out; it may hold 25,000 events and a turn makes nine, so that the waits of a
 * plan that runs for all of the 23 hours must come to 30 s and more on average.
 */
export class StepWorkflow extends Construct {
  constructor(scope: Construct, step: PlatformFunction, which: StepWorkflowName, settings: Settings) {
    super(scope, CONSTRUCTS[which])
    const role = workflowRole(this, which, settings)
    allow(role, "RunStep", "lambda", ["InvokeFunction"], [step.lambda.functionArn])
    const log = new LogGroup(this, "Log", {
      retention: settings.logDays,
      removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    const workflow = new StateMachine(this, "StateMachine", {
      stateMachineName: workflowName(settings.stage, which),
      role,
      definitionBody: DefinitionBody.fromString(
        Stack.of(this).toJsonString(definition(COMMENTS[which], step.lambda.functionArn)),
      ),
      logs: { destination: log, level: LogLevel.ERROR, includeExecutionData: false },
      tracingEnabled: settings.tracing,
    })
    acknowledgeFindings(role, workflow)
  }
}

const CONSTRUCTS: Readonly<Record<StepWorkflowName, string>> = {
  "undo-order": "UndoWorkflow",
  "finish-refund": "RefundWorkflow",
}

const COMMENTS: Readonly<Record<StepWorkflowName, string>> = {
  "undo-order": "Undoes an order step by step",
  "finish-refund": "Sees a refund to its end step by step",
}

/** In JSONPath, and calling functions by `lambda:invoke` only: what runs it on one machine knows no more than that. */
function definition(comment: string, functionArn: string) {
  return {
    Comment: comment,
    StartAt: "Step",
    TimeoutSeconds: EXECUTION_TIMEOUT_S,
    States: {
      Step: {
        Type: "Task",
        Resource: `arn:${Aws.PARTITION}:states:::lambda:invoke`,
        Parameters: { FunctionName: functionArn, "Payload.$": "$" },
        OutputPath: "$.Payload",
        Retry: [RETRY],
        // A fault of ours that lasts must not use the execution up: it waits until somebody has mended it.
        Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.fault", Next: "WaitOut" }],
        Next: "IsDone",
      },
      WaitOut: { Type: "Wait", Seconds: FAULT_WAIT_S, Next: "Step" },
      IsDone: {
        Type: "Choice",
        Choices: [{ Variable: "$.done", BooleanEquals: true, Next: "Done" }],
        Default: "Wait",
      },
      Wait: { Type: "Wait", SecondsPath: "$.waitSeconds", Next: "Step" },
      Done: { Type: "Succeed" },
    },
  }
}

/** A step may be repeated: it reads the item first and asks the channel under computed numbers. */
const RETRY = {
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
function workflowRole(scope: Construct, which: StepWorkflowName, { stage }: Settings): Role {
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
