import type { Context } from "aws-lambda"
import * as z from "zod"
import { refundStep } from "../../usecases/refund-step.ts"
import { readEnvironment } from "../environment.ts"
import { clock, once } from "../machine.ts"
import { refundPorts } from "../refund-ports.ts"
import { dataSecrets } from "../secrets.ts"
import { work } from "../worker.ts"

const environment = readEnvironment()
const secrets = dataSecrets(environment)
const ports = once(async () => refundPorts(environment, await secrets.merchants()))

/** Less than the function's time-out, so that what was learned is still written. */
const STEP_MS = 10_000

/** The workflow's state, which each step hands on to the next. */
const State = z.looseObject({ refundId: z.string(), generation: z.int() })

export type WorkflowState = z.infer<typeof State> & { done: boolean; waitSeconds: number }

/** One step of a refund that is not certain, repeated by the workflow until `done`. Waits are whole seconds, at least one. */
export function handler(event: unknown, { awsRequestId }: Context): Promise<WorkflowState> {
  return work("finishrefund", awsRequestId, () => goOn(event))
}

async function goOn(event: unknown): Promise<WorkflowState> {
  const { refundId, generation } = State.parse(event)
  const open = await ports()
  const step = await refundStep(open, refundId, clock.monotonicMs() + STEP_MS)
  if (step.done) return { refundId, generation, done: true, waitSeconds: 0 }
  const waitMs = Math.max(step.waitMs, open.settings.refundRetryMs)
  return { refundId, generation, done: false, waitSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }
}
