import {
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda"
import { clientOptions } from "../../local/account.ts"
import type { DeployedStage } from "./deployed-stage.ts"
import { CREDENTIALS, type Emulator } from "./emulator.ts"

const UPDATED_WITHIN_S = 30

/** Those that look at addresses of merchants. */
const CHECK_ADDRESSES = ["applypay", "refund", "notify"] as const

const nameOf = (name: string) => `MetroPay-test-${name}`

/** Calls it as EventBridge Scheduler does, but waits for its end. Throws what it throws. */
export async function callAsScheduled({ url }: Emulator, name: string): Promise<void> {
  const lambda = new LambdaClient(clientOptions(url, CREDENTIALS))
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: nameOf(name), Payload: "{}" }),
  )
  if (FunctionError) throw new Error(`${name}: ${Buffer.from(Payload ?? []).toString("utf8")}`)
}

/**
 * Has the stage's functions post to this machine too. No stage that is deployed may (infra/settings.ts): on AWS that would
 * reach what runs beside the functions, here it is the merchant. So it is put past the settings into the functions that
 * run, where the next deployment that changes them puts it right again, and what is deployed stays what is deployed anywhere.
 */
export async function letTellThisMachine({ url }: Emulator, stage: DeployedStage): Promise<void> {
  const client = new LambdaClient(clientOptions(url, CREDENTIALS))
  for (const name of CHECK_ADDRESSES) {
    const { environment } = await stage.deployedFunction(name)
    const FunctionName = nameOf(name)
    const Variables = { ...environment, NOTIFY_LOOPBACK: "true" }
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }))
    await waitUntilFunctionUpdatedV2({ client, maxWaitTime: UPDATED_WITHIN_S, minDelay: 1 }, { FunctionName })
  }
}
