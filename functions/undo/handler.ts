import type { Context } from "aws-lambda"
import * as z from "zod"
import type { CallLog } from "../../http/call-log.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { type UndoPorts, undoOrder } from "../../usecases/undo-order.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, once, random } from "../machine.ts"
import { payChannels } from "../pay-channels.ts"
import { undoSettings } from "../payment-settings.ts"
import { dataSecrets } from "../secrets.ts"
import { watchedOrders } from "../watched-orders.ts"
import { work } from "../worker.ts"

const environment = readEnvironment()
const secrets = dataSecrets(environment)

const ports = once(
  async (): Promise<UndoPorts> => ({
    clock,
    random,
    orders: orderStore(dynamodb, environment.mainTable),
    channels: payChannels(environment, await secrets.merchants()),
    exceptions: exceptionStore(dynamodb, environment.mainTable),
    settings: undoSettings(environment),
  }),
)

/** Less than the function's time-out, so that what was learned is still written. */
const STEP_MS = 10_000

/** The workflow's state, which each step hands on to the next. */
const State = z.looseObject({
  tradeNo: z.string(),
  generation: z.int(),
  tries: z.int().optional(),
  notFoundAtMs: z.number().optional(),
})

export type WorkflowState = z.infer<typeof State> & { done: boolean; waitSeconds: number }

/** One step of the undoing of an order, repeated by the workflow until `done`. Waits are whole seconds, at least one. */
export function handler(event: unknown, { awsRequestId }: Context): Promise<WorkflowState> {
  return work("undo", awsRequestId, ({ changed }) => step(event, changed))
}

async function step(event: unknown, changed: CallLog["changed"]): Promise<WorkflowState> {
  const { tradeNo, generation, tries, notFoundAtMs } = State.parse(event)
  const dueMonotonicMs = clock.monotonicMs() + STEP_MS
  const open = await ports()
  const orders = watchedOrders(open.orders, changed)
  const done = await undoOrder({ ...open, orders }, { tradeNo, tries, notFoundAtMs }, dueMonotonicMs)
  if (done.done) return { tradeNo, generation, done: true, waitSeconds: 0 }
  const { waitMs, ...progress } = done
  return { ...progress, generation, waitSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }
}
