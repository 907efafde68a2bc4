import { exceptionStore } from "../persistence/exception-store.ts"
import type { MerchantSettingsStore } from "../persistence/merchant-store.ts"
import { orderStore } from "../persistence/order-store.ts"
import { refundStore } from "../persistence/refund-store.ts"
import type { PollQueue } from "../usecases/ports.ts"
import type { RefundPorts } from "../usecases/refund-step.ts"
import type { Environment } from "./environment.ts"
import { clock, dynamodb, random } from "./machine.ts"
import { payChannels } from "./pay-channels.ts"
import { refundSettings } from "./payment-settings.ts"
import { pollQueue } from "./poll-queue.ts"

/** What every function that goes on with a refund needs. */
export function refundPorts(
  environment: Environment,
  merchants: MerchantSettingsStore,
): RefundPorts & { polls: PollQueue } {
  const { mainTable } = environment
  return {
    clock,
    random,
    orders: orderStore(dynamodb, mainTable),
    refunds: refundStore(dynamodb, mainTable),
    channels: payChannels(environment, merchants),
    exceptions: exceptionStore(dynamodb, mainTable),
    polls: pollQueue(environment),
    settings: refundSettings(environment),
  }
}
