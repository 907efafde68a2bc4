import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn"
import type { Undoings } from "../usecases/ports.ts"

/** Undoings as executions of the workflow, named after order and generation: the name keeps a second one from starting. */
export function undoWorkflow(workflowArn: string): Undoings {
  const sfn = new SFNClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 500, requestTimeout: 2_000, throwOnRequestTimeout: true },
  })

  async function start(tradeNo: string, generation: number): Promise<boolean> {
    try {
      const input = JSON.stringify({ tradeNo, generation })
      await sfn.send(
        new StartExecutionCommand({ stateMachineArn: workflowArn, name: `${tradeNo}-${generation}`, input }),
      )
      return true
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return isRunning(tradeNo, generation)
      throw error
    }
  }

  async function isRunning(tradeNo: string, generation: number): Promise<boolean> {
    const executionArn = `${workflowArn.replace(":stateMachine:", ":execution:")}:${tradeNo}-${generation}`
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }))
    return status === "RUNNING"
  }

  return {
    async ensure(tradeNo, after = 0) {
      // A generation lasts 23 hours unless it finishes the order, so there are few; a name is free again after 90 days.
      for (let generation = after + 1; ; generation++) {
        if (await start(tradeNo, generation)) return
      }
    },
  }
}
