import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation"
import { TargetError } from "./target-error.ts"

const STACKS = ["Data", "Api", "Workers"] as const

/** Output of the stacks, by the variable of the functions that it tells. */
const OUTPUTS: Readonly<Record<string, string>> = {
  MAIN_TABLE: "MainTableName",
  SETTINGS_TABLE: "SettingsTableName",
  DATA_KEY_ID: "DataKeyId",
  ROOT_KEY_ID: "RootKeyId",
  PUBLIC_URL: "ApiUrl",
  POLL_QUEUES: "PollQueues",
  NOTIFICATION_QUEUES: "NotificationQueues",
  CHANNEL_URLS: "ChannelUrls",
  MOVEMENTS_BUCKET: "MovementsBucketName",
  BILLS_BUCKET: "BillsBucketName",
  UNDO_WORKFLOW_ARN: "UndoWorkflowArn",
  REFUND_WORKFLOW_ARN: "RefundWorkflowArn",
  SPEED: "Speed",
  TUNING: "Tuning",
}

/** The variables of a deployed stage's functions, as its stacks tell them. Throws a TargetError that names what is missing. */
export async function findStageTarget(stage: string): Promise<Record<string, string>> {
  const cloudFormation = new CloudFormationClient()
  const outputs = await Promise.all(
    STACKS.map((part) => readOutputs(cloudFormation, `MetroPay-${stage}-${part}`)),
  )
  return variablesFrom(stage, new Map(outputs.flat()))
}

export function variablesFrom(stage: string, outputs: ReadonlyMap<string, string>): Record<string, string> {
  const missing = Object.values(OUTPUTS).filter((name) => !outputs.get(name))
  if (missing.length > 0) {
    throw new TargetError(
      `the stacks MetroPay-${stage}-* have no output ${missing.join(", ")}: deploy them anew`,
    )
  }
  const told = Object.entries(OUTPUTS).map(([variable, name]) => [variable, outputs.get(name) ?? ""])
  return { STAGE: stage, ...Object.fromEntries(told) }
}

async function readOutputs(
  cloudFormation: CloudFormationClient,
  StackName: string,
): Promise<[string, string][]> {
  try {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }))
    return Stacks.flatMap(({ Outputs = [] }) =>
      Outputs.map(({ OutputKey = "", OutputValue = "" }): [string, string] => [OutputKey, OutputValue]),
    )
  } catch (fault) {
    if (fault instanceof Error && fault.name === "ValidationError") {
      throw new TargetError(`there is no stack ${StackName} in this account and region`)
    }
    if (isUnarmed(fault)) {
      throw new TargetError(
        `a stage is read with your own AWS credentials, and they or the region are missing or over: set AWS_PROFILE and AWS_REGION (${fault.message.split("\n")[0]})`,
      )
    }
    throw fault
  }
}

const NOT_ACCEPTED = ["CredentialsProviderError", "ExpiredToken", "InvalidClientTokenId"]

/** The SDK has no name for a region that is missing. */
function isUnarmed(fault: unknown): fault is Error {
  if (!(fault instanceof Error)) return false
  return NOT_ACCEPTED.includes(fault.name) || fault.message === "Region is missing"
}
