import { Rule } from "aws-cdk-lib/aws-events"
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam"
import { CfnFunction } from "aws-cdk-lib/aws-lambda"
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs"
import { Duration, Stack } from "aws-cdk-lib/core"
import { Construct } from "constructs"
import { allow } from "./permissions.ts"
import type { PlatformFunction } from "./platform-function.ts"
import type { StageName } from "./settings.ts"
import { type StepWorkflowName, workflowArn, workflowName } from "./workflow-names.ts"

const EVENTS = new ServicePrincipal("events.amazonaws.com")

/**
 * Calls the function for each execution of a workflow that ended without having done its work. An event can get
 * lost in two places: EventBridge cannot hand it over, or the function fails at it three times. Both keep it in one queue.
 */
export class FailedExecutions extends Construct {
  constructor(scope: Construct, worker: PlatformFunction, which: StepWorkflowName, stage: StageName) {
    super(scope, CONSTRUCTS[which])
    const name = `${workflowName(stage, which)}-failed`
    const lost = lostEvents(this, lostEventsName(stage, which))
    const rule = new Rule(this, "Rule", {
      ruleName: name,
      eventPattern: {
        source: ["aws.states"],
        detailType: ["Step Functions Execution Status Change"],
        detail: {
          status: ["FAILED", "TIMED_OUT", "ABORTED"],
          stateMachineArn: [workflowArn(Stack.of(this), stage, which)],
        },
      },
    })
    rule.addTarget({
      bind: () => ({
        arn: worker.lambda.functionArn,
        deadLetterConfig: { arn: lost.queueArn },
        retryPolicy: { maximumEventAgeInSeconds: 24 * 60 * 60, maximumRetryAttempts: 185 },
      }),
    })
    worker.lambda.addPermission(CONSTRUCTS[which], { principal: EVENTS, sourceArn: rule.ruleArn })
    letRuleSend(lost, rule)
    keepFailedCalls(worker, lost)
  }
}

const CONSTRUCTS: Readonly<Record<StepWorkflowName, string>> = {
  "undo-order": "FailedUndos",
  "finish-refund": "FailedRefunds",
}

/** The queue of events that nobody could deal with. */
export function lostEventsName(stage: StageName, which: StepWorkflowName): string {
  return `${workflowName(stage, which)}-failed-lost`
}

function lostEvents(scope: Construct, queueName: string): Queue {
  return new Queue(scope, "Lost", {
    queueName,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  })
}

function letRuleSend(queue: Queue, rule: Rule): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: "RuleSends",
      principals: [EVENTS],
      actions: ["sqs:SendMessage"],
      resources: [queue.queueArn],
      conditions: { ArnEquals: { "aws:SourceArn": rule.ruleArn } },
    }),
  )
}

/** Lambda calls a function twice more for an event it failed at, within six hours; then the event goes here. */
function keepFailedCalls(worker: PlatformFunction, queue: Queue): void {
  allow(worker.role, "KeepFailedCalls", "sqs", ["SendMessage"], [queue.queueArn])
  const lambda = worker.lambda.node.defaultChild
  if (!(lambda instanceof CfnFunction)) throw new Error("The function is no function")
  lambda.deadLetterConfig = { targetArn: queue.queueArn }
}
