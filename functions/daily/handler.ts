import type { Context } from "aws-lambda"
import { logFault, logRun } from "../../http/call-log.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { orderDays } from "../../persistence/order-days.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { refundStore } from "../../persistence/refund-store.ts"
import { checkDays, type DailyPorts, type DailyResult } from "../../usecases/daily-check.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, once } from "../machine.ts"
import { undoSettings } from "../payment-settings.ts"
import { pollQueue } from "../poll-queue.ts"
import { dataSecrets } from "../secrets.ts"
import { work } from "../worker.ts"

const environment = readEnvironment()
const { mainTable, settingsTable } = environment
const secrets = dataSecrets(environment)

const ports = once(
  async (): Promise<DailyPorts> => ({
    clock,
    orders: orderStore(dynamodb, mainTable),
    refunds: refundStore(dynamodb, mainTable),
    merchants: await secrets.merchants(),
    days: orderDays(dynamodb, { main: mainTable, settings: settingsTable }),
    polls: pollQueue(environment),
    exceptions: exceptionStore(dynamodb, mainTable),
    settings: undoSettings(environment),
    onFault: (subject, fault) => logFault("daily", subject, fault),
  }),
)

/** The second net: finds what is not final by its day, twice a day. */
export function handler(_event: unknown, { awsRequestId }: Context): Promise<DailyResult> {
  return work("daily", awsRequestId, async () => {
    const startedMs = clock.monotonicMs()
    const result = await checkDays(await ports())
    logRun("daily", awsRequestId, result, clock.monotonicMs() - startedMs)
    return result
  })
}
