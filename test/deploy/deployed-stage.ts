import { createPublicKey, type KeyObject } from "node:crypto"
import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
} from "@aws-sdk/client-cloudformation"
import { GetPublicKeyCommand, KMSClient } from "@aws-sdk/client-kms"
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda"
import { clientOptions } from "../../local/account.ts"
import { CREDENTIALS, type Emulator } from "./emulator.ts"

const PREFIX = "MetroPay-test-"

/** A digest of its code, and what it is told. */
export type DeployedFunction = { code: string; environment: Record<string, string> }

/** What the account holds of stage test. */
export type DeployedStage = {
  /** Names of its stacks; none where it is not deployed. */
  stacks(): Promise<string[]>
  /** Of its own two keys: the one that wraps secrets, and the root key. */
  keyIds(): Promise<string[]>
  /** Public half of the key that vouches for all others. */
  rootKey(): Promise<KeyObject>
  /** What API Gateway calls the stage's API. */
  apiId(): Promise<string>
  deployedFunction(name: string): Promise<DeployedFunction>
  /** What an operator does before removing what is protected. */
  liftProtection(): Promise<void>
}

export function deployedStage({ url }: Emulator): DeployedStage {
  const cloudFormation = new CloudFormationClient(clientOptions(url, CREDENTIALS))
  const kms = new KMSClient(clientOptions(url, CREDENTIALS))
  const lambda = new LambdaClient(clientOptions(url, CREDENTIALS))
  const describe = async () => {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({}))
    return Stacks.filter(({ StackName }) => StackName?.startsWith(PREFIX))
  }
  const stacks = async () => (await describe()).map(({ StackName = "" }) => StackName)
  const keyIds = async () => {
    const outputs = (await describe()).flatMap(({ Outputs = [] }) => Outputs)
    return ["DataKeyId", "RootKeyId"].map(
      (name) => outputs.find(({ OutputKey }) => OutputKey === name)?.OutputValue ?? "",
    )
  }
  return {
    stacks,
    keyIds,
    async rootKey() {
      const [, KeyId] = await keyIds()
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }))
      if (!PublicKey) throw new Error("the root key has no public half")
      return createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" })
    },
    async apiId() {
      const { StackResources = [] } = await cloudFormation.send(
        new DescribeStackResourcesCommand({ StackName: `${PREFIX}Api` }),
      )
      const api = StackResources.find(({ ResourceType }) => ResourceType === "AWS::ApiGatewayV2::Api")
      if (!api?.PhysicalResourceId) throw new Error("the stage has no API")
      return api.PhysicalResourceId
    },
    async deployedFunction(name) {
      const { CodeSha256 = "", Environment } = await lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName: `${PREFIX}${name}` }),
      )
      return { code: CodeSha256, environment: Environment?.Variables ?? {} }
    },
    async liftProtection() {
      for (const StackName of await stacks()) {
        await cloudFormation.send(
          new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }),
        )
      }
    },
  }
}
