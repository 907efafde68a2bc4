import type { EventBridgeEvent } from "aws-lambda"
import { isFinal } from "../../domain/order-states.ts"
import { legsToUndo } from "../../domain/undo-outcome.ts"
import type { CallLog } from "../../http/call-log.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb } from "../machine.ts"
import { undoSettings } from "../payment-settings.ts"
import { undoWorkflow } from "../undo-workflow.ts"
import { work } from "../worker.ts"

const environment = readEnvironment()
const orders = orderStore(dynamodb, environment.mainTable)
const exceptions = exceptionStore(dynamodb, environment.mainTable)
const { visibleAfterMs } = undoSettings(environment)
const undoings = undoWorkflow(environment.undoWorkflowArn)

type StatusChange = { name: string; status: string }

/** An undoing that failed, timed out or was aborted comes back here and goes on as its next generation. */
export function handler({ id, detail }: EventBridgeEvent<string, StatusChange>): Promise<void> {
  return work("undofailed", id, (log) => goOn(detail, log))
}

async function goOn({ name, status }: StatusChange, log: CallLog): Promise<void> {
  const [tradeNo = "", generation] = name.split("-")
  const order = await orders.read(tradeNo)
  if (!order || legsToUndo(order).length === 0) return
  log.fault(new Error(`undoing ${name} ended ${status}`))
  const { merchantId } = order
  const nowMs = clock.nowMs()
  if (nowMs - order.createdAtMs >= visibleAfterMs) {
    const kind = isFinal(order.state) ? "surplus" : "not final"
    await exceptions.note({ tradeNo, merchantId, kind, lastTried: `undoing ${status}` }, nowMs)
  }
  await undoings.ensure(tradeNo, Number(generation) || 0)
}
