import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn"
import { traced } from "./tracing.ts"

export type WorkflowExecutions = {
  /**
   * Makes sure that an execution for this subject is under way.
   * @param after a generation that is known to have ended
   */
  ensure(subject: string, after?: number): Promise<void>
}

/** Executions of a workflow, named after their subject and generation: the name keeps a second one from starting. */
export function workflowExecutions(
  workflowArn: string,
  inputOf: (subject: string, generation: number) => Record<string, unknown>,
): WorkflowExecutions {
  const sfn = traced(
    new SFNClient({
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 500, requestTimeout: 2_000, throwOnRequestTimeout: true },
    }),
  )

  async function start(subject: string, generation: number): Promise<boolean> {
    try {
      const input = JSON.stringify(inputOf(subject, generation))
      await sfn.send(
        new StartExecutionCommand({ stateMachineArn: workflowArn, name: `${subject}-${generation}`, input }),
      )
      return true
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return isRunning(subject, generation)
      throw error
    }
  }

  async function isRunning(subject: string, generation: number): Promise<boolean> {
    const executionArn = `${workflowArn.replace(":stateMachine:", ":execution:")}:${subject}-${generation}`
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }))
    return status === "RUNNING"
  }

  return {
    async ensure(subject, after = 0) {
      // A generation lasts 23 hours unless it finishes its work, so there are few; a name is free again after 90 days.
      for (let generation = after + 1; ; generation++) {
        if (await start(subject, generation)) return
      }
    },
  }
}
