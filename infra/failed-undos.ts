import { Rule } from "aws-cdk-lib/aws-events"
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam"
import { CfnFunction } from "aws-cdk-lib/aws-lambda"
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs"
import { Duration, Stack } from "aws-cdk-lib/core"
import { Construct } from "constructs"
import { allow } from "./permissions.ts"
import type { PlatformFunction } from "./platform-function.ts"
import type { StageName } from "./settings.ts"
import { undoWorkflowArn, undoWorkflowName } from "./undo-workflow-name.ts"

const EVENTS = new ServicePrincipal("events.amazonaws.com")

/**
 * Calls the function for each execution of the undo workflow that ended without having undone its order. An event can get
 * lost in two places: EventBridge cannot hand it over, or the function fails at it three times. Both keep it in one queue.
 */
export class FailedUndos extends Construct {
  constructor(scope: Construct, worker: PlatformFunction, stage: StageName) {
    super(scope, "FailedUndos")
    const name = `${undoWorkflowName(stage)}-failed`
    const lost = lostEvents(this, `${name}-lost`)
    const rule = new Rule(this, "Rule", {
      ruleName: name,
      eventPattern: {
        source: ["aws.states"],
        detailType: ["Step Functions Execution Status Change"],
        detail: {
          status: ["FAILED", "TIMED_OUT", "ABORTED"],
          stateMachineArn: [undoWorkflowArn(Stack.of(this), stage)],
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
    worker.lambda.addPermission("FailedUndos", { principal: EVENTS, sourceArn: rule.ruleArn })
    letRuleSend(lost, rule)
    keepFailedCalls(worker, lost)
  }
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
