import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn"
import type { Undoings } from "../usecases/ports.ts"

/** An order that needs more undoings than this is on the exceptions desk, and the daily check tries on. */
const MAX_GENERATIONS = 50

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
    async ensure(tradeNo) {
      for (let generation = 1; generation <= MAX_GENERATIONS; generation++) {
        if (await start(tradeNo, generation)) return
      }
      throw new Error(`order ${tradeNo} was undone ${MAX_GENERATIONS} times and is not final`)
    },
  }
}
