import { Aws } from "aws-cdk-lib/core"
import { Construct } from "constructs"
import type { PlatformFunction } from "./platform-function.ts"
import type { Settings } from "./settings.ts"
import { makeWorkflow, RETRY } from "./workflow.ts"

/** A run that has not ended by then is given up; the next one goes on. */
const EXECUTION_TIMEOUT_S = 6 * 60 * 60
/** Calls at once: KMS signs some 500 times a second for an account, and a partition's step up to 8 times at once. */
const CHUNKS_AT_ONCE = 16
const PARTITIONS_AT_ONCE = 16

/**
 * Makes the bills of one day after another until none is missing: first all movements of the day are sorted by the partitions
 * of their merchants, then each partition's bills are made. A chunk that cannot be sorted ends the execution, since bills
 * would lack its lines; a partition that fails is left to the next run. Every step may be done again.
 *
 * An execution may hold 25,000 events, which are some eight days of the largest size; the next run does the rest.
 */
export class BillsWorkflow extends Construct {
  constructor(scope: Construct, step: PlatformFunction, settings: Settings) {
    super(scope, "BillsWorkflow")
    makeWorkflow(this, step, "daily-bills", definition(step.lambda.functionArn), settings)
  }
}

/** In JSONPath, and calling functions by `lambda:invoke` only: what runs it on one machine knows no more than that. */
function definition(functionArn: string) {
  const call = (payload: object) => ({
    Type: "Task",
    Resource: `arn:${Aws.PARTITION}:states:::lambda:invoke`,
    Parameters: { FunctionName: functionArn, Payload: payload },
    // All else that the answer holds would be too much of 256 partitions.
    OutputPath: "$.Payload",
    Retry: [RETRY],
  })
  const day = { "run.$": "$.run", "day.$": "$.day" }
  const job = { ...day, "partitions.$": "$.partitions", "startedAtMs.$": "$.startedAtMs" }
  return {
    Comment: "Makes the bills of each day that has none yet",
    StartAt: "Plan",
    TimeoutSeconds: EXECUTION_TIMEOUT_S,
    States: {
      Plan: { ...call({ step: "plan", ...day }), Next: "IsDone" },
      IsDone: {
        Type: "Choice",
        Choices: [{ Variable: "$.done", BooleanEquals: true, Next: "Done" }],
        Default: "Scatter",
      },
      Scatter: {
        Type: "Map",
        ItemsPath: "$.chunks",
        ItemSelector: { ...job, "chunk.$": "$$.Map.Item.Value" },
        MaxConcurrency: CHUNKS_AT_ONCE,
        ItemProcessor: {
          ProcessorConfig: { Mode: "INLINE" },
          StartAt: "ScatterChunk",
          States: { ScatterChunk: { ...call({ step: "scatter", ...job, "chunk.$": "$.chunk" }), End: true } },
        },
        ResultPath: null,
        Next: "Make",
      },
      Make: {
        Type: "Map",
        ItemsPath: "$.numbers",
        ItemSelector: { ...job, "partition.$": "$$.Map.Item.Value" },
        MaxConcurrency: PARTITIONS_AT_ONCE,
        ItemProcessor: {
          ProcessorConfig: { Mode: "INLINE" },
          StartAt: "MakePartition",
          States: {
            MakePartition: {
              ...call({ step: "make", ...job, "partition.$": "$.partition" }),
              Catch: [{ ErrorEquals: ["States.ALL"], Next: "LeftOut" }],
              End: true,
            },
            LeftOut: { Type: "Pass", Result: {}, End: true },
          },
        },
        ResultPath: null,
        Next: "Finish",
      },
      Finish: { ...call({ step: "finish", ...job }), Next: "Plan" },
      Done: { Type: "Succeed" },
    },
  }
}
