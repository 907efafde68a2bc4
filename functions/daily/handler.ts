import { logFault } from "../../http/call-log.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { orderDays } from "../../persistence/order-days.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { checkDays, type DailyPorts, type DailyResult } from "../../usecases/daily-check.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, once } from "../machine.ts"
import { undoSettings } from "../payment-settings.ts"
import { pollQueue } from "../poll-queue.ts"
import { dataSecrets } from "../secrets.ts"

const environment = readEnvironment()
const { mainTable, settingsTable } = environment
const secrets = dataSecrets(environment)

const ports = once(
  async (): Promise<DailyPorts> => ({
    clock,
    orders: orderStore(dynamodb, mainTable),
    merchants: await secrets.merchants(),
    days: orderDays(dynamodb, { main: mainTable, settings: settingsTable }),
    polls: pollQueue(environment),
    exceptions: exceptionStore(dynamodb, mainTable),
    settings: undoSettings(environment),
    onFault: (subject, fault) => logFault("daily", subject, fault),
  }),
)

/** The second net: finds what is not final by its day, twice a day. */
export async function handler(): Promise<DailyResult> {
  const result = await checkDays(await ports())
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), call: "daily", ...result })}\n`)
  return result
}
