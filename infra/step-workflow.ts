import { Aws } from "aws-cdk-lib/core"
import { Construct } from "constructs"
import type { PlatformFunction } from "./platform-function.ts"
import type { Settings } from "./settings.ts"
import { makeWorkflow, RETRY } from "./workflow.ts"
import type { StepWorkflowName } from "./workflow-names.ts"

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
    makeWorkflow(this, step, which, definition(COMMENTS[which], step.lambda.functionArn), settings)
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
