import { ListExecutionsCommand, ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn"
import { clientOptions } from "../../local/account.ts"
import { CREDENTIALS, type Emulator } from "./emulator.ts"
import { waitFor } from "./wait-for.ts"

const WITHIN_MS = 60_000

/** Waits until an execution of the stage's workflow has done its work whose name begins so. Throws where it ends otherwise. */
export async function waitForExecution(
  { url }: Emulator,
  workflow: "finish-refund" | "daily-bills",
  subject: string,
): Promise<void> {
  const sfn = new SFNClient(clientOptions(url, CREDENTIALS))
  const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}))
  const found = stateMachines.find(({ name }) => name === `MetroPay-test-${workflow}`)
  if (!found) throw new Error(`the stage has no workflow ${workflow}`)
  await waitFor(`an execution of ${workflow} for ${subject}`, WITHIN_MS, async () => {
    const { stateMachineArn } = found
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }))
    const status = executions.find(({ name }) => name?.startsWith(subject))?.status ?? "RUNNING"
    if (status !== "RUNNING" && status !== "SUCCEEDED") throw new Error(`${workflow} ${subject}: ${status}`)
    return status === "SUCCEEDED"
  })
}
