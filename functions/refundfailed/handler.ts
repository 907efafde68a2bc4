import type { EventBridgeEvent } from "aws-lambda"
import { begunAtMs } from "../../domain/refund.ts"
import type { CallLog } from "../../http/call-log.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { refundStore } from "../../persistence/refund-store.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb } from "../machine.ts"
import { refundSettings } from "../payment-settings.ts"
import { refundWorkflow } from "../refund-workflow.ts"
import { work } from "../worker.ts"

const environment = readEnvironment()
const refunds = refundStore(dynamodb, environment.mainTable)
const exceptions = exceptionStore(dynamodb, environment.mainTable)
const { visibleAfterMs } = refundSettings(environment)
const refundings = refundWorkflow(environment.refundWorkflowArn)

type StatusChange = { name: string; status: string }

/** A workflow of a refund that failed, timed out or was aborted comes back here and goes on as its next generation. */
export function handler({ id, detail }: EventBridgeEvent<string, StatusChange>): Promise<void> {
  return work("refundfailed", id, (log) => goOn(detail, log))
}

async function goOn({ name, status }: StatusChange, log: CallLog): Promise<void> {
  const [refundId = "", generation] = name.split("-")
  // Before it is read: a note that lands late must not undo what was resolved since then.
  const nowMs = clock.nowMs()
  const refund = await refunds.read(refundId)
  if (refund?.state !== "PROCESSING") return
  log.fault(new Error(`refunding ${name} ended ${status}`))
  const { tradeNo, merchantId } = refund
  if (nowMs - begunAtMs(refund) >= visibleAfterMs) {
    const lastTried = `refunding ${status}`
    await exceptions.note({ tradeNo, refundId, merchantId, kind: "refund not final", lastTried }, nowMs)
  }
  await refundings.ensure(refundId, Number(generation) || 0)
}
