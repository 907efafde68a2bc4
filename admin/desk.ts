/** Everything the commands need, put together as the functions put it together: only what they work on is said elsewhere. */
import { SQSClient } from "@aws-sdk/client-sqs"
import { DEFAULT_TIME_ZONE } from "../domain/days.ts"
import { readEnvironment } from "../functions/environment.ts"
import { clock, dynamodb, once, random } from "../functions/machine.ts"
import { notificationQueues } from "../functions/notification-queues.ts"
import { openBillRuns } from "../functions/objects.ts"
import { payChannels } from "../functions/pay-channels.ts"
import { paymentSettings, undoSettings } from "../functions/payment-settings.ts"
import { pollQueue } from "../functions/poll-queue.ts"
import { refundPorts } from "../functions/refund-ports.ts"
import { dataSecrets } from "../functions/secrets.ts"
import { undoWorkflow } from "../functions/undo-workflow.ts"
import { agreementStore } from "../persistence/agreement-store.ts"
import { auditLog } from "../persistence/audit-log.ts"
import { exceptionStore } from "../persistence/exception-store.ts"
import { type MerchantRegistry, merchantRegistry } from "../persistence/merchant-registry.ts"
import { notificationStore } from "../persistence/notification-store.ts"
import { orderDays } from "../persistence/order-days.ts"
import { orderStore } from "../persistence/order-store.ts"
import { refundStore } from "../persistence/refund-store.ts"
import { type FieldSeals, fieldSeals } from "../persistence/sealed-fields.ts"
import { type ShopStore, shopStore } from "../persistence/shop-store.ts"
import type { BillRuns } from "../usecases/bill-ports.ts"
import type { NotificationQueues, NotificationStore } from "../usecases/notification-ports.ts"
import type { PollPorts } from "../usecases/poll-order.ts"
import type {
  AgreementStore,
  AuditLog,
  Clock,
  ExceptionStore,
  OrderDays,
  OrderStore,
  RefundStore,
} from "../usecases/ports.ts"
import type { RefundPorts } from "../usecases/refund-step.ts"
import type { ReversePorts } from "../usecases/reverse-order.ts"
import { openPlatformKeyDesk, type PlatformKeyDesk } from "./platform-key-desk.ts"
import { type QueueCounts, queueCounts } from "./queue-counts.ts"

export type Desk = {
  stage: string
  clock: Clock
  orders: OrderStore
  refunds: RefundStore
  exceptions: ExceptionStore
  audit: AuditLog
  merchants: MerchantRegistry
  shops: ShopStore
  agreements: AgreementStore
  /** Opens the data key when something is sealed or unsealed, not before. */
  fields: FieldSeals
  platformKeys: PlatformKeyDesk
  days: OrderDays
  bills: BillRuns
  notifications: NotificationStore
  notificationQueues: NotificationQueues
  timeZoneOf(merchantId: string): Promise<string>
  queueCounts(): Promise<QueueCounts[]>
  /** Open the merchants' accounts at the channels: whoever only looks needs no key. */
  pollPorts(): Promise<PollPorts>
  reversePorts(): Promise<ReversePorts>
  refundPorts(): Promise<RefundPorts>
}

/** @param variables those of the stage's functions; the SDK's own stand in the process's environment */
export function openDesk(variables: Readonly<Record<string, string>>): Desk {
  const environment = readEnvironment(variables)
  const { mainTable, settingsTable } = environment
  const orders = orderStore(dynamodb, mainTable)
  const exceptions = exceptionStore(dynamodb, mainTable)
  const registry = merchantRegistry(dynamodb, settingsTable)
  const secrets = once(async () => dataSecrets(environment))
  const fields = fieldSeals(async () => (await (await secrets()).dataKeys()).fieldKeysAt(clock.nowMs()))
  const acting = once(async () => {
    const merchants = await (await secrets()).merchants()
    return {
      clock,
      random,
      merchants,
      orders,
      exceptions,
      channels: payChannels(environment, merchants),
      polls: pollQueue(environment),
      undoings: undoWorkflow(environment.undoWorkflowArn),
      settings: undoSettings(environment),
      answerWithinMs: paymentSettings(environment).answerWithinMs,
    }
  })
  return {
    stage: variables.STAGE ?? "",
    clock,
    orders,
    refunds: refundStore(dynamodb, mainTable),
    exceptions,
    audit: auditLog(dynamodb, mainTable, random.id),
    merchants: registry,
    shops: shopStore(dynamodb, settingsTable, fields),
    agreements: agreementStore(dynamodb, mainTable),
    fields,
    platformKeys: openPlatformKeyDesk(environment),
    notifications: notificationStore(dynamodb, mainTable),
    notificationQueues: notificationQueues(environment),
    days: orderDays(dynamodb, { main: mainTable, settings: settingsTable }),
    bills: openBillRuns(environment),
    timeZoneOf: async (merchantId) => (await registry.read(merchantId))?.timeZone ?? DEFAULT_TIME_ZONE,
    queueCounts: () => queueCounts(new SQSClient(), environment.pollQueues),
    pollPorts: acting,
    reversePorts: acting,
    refundPorts: async () => refundPorts(environment, (await acting()).merchants),
  }
}
