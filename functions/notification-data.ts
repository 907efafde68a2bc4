import { orderAnswer } from "../http/order-answer.ts"
import { refundAnswer } from "../http/refund-answer.ts"
import type { MakeNotificationsPorts } from "../usecases/make-notifications.ts"

/** What orderquery and refundquery would answer at that moment; in Chinese, since nobody asked in another language. */
export function notificationData(
  timeZoneOf: (merchantId: string) => Promise<string>,
): Pick<MakeNotificationsPorts, "orderData" | "refundData"> {
  return {
    async orderData(order) {
      const view = { language: "zh", timeZone: await timeZoneOf(order.merchantId) } as const
      return JSON.stringify(orderAnswer(order, "orderquery", view))
    },
    async refundData(refund) {
      const view = { language: "zh", timeZone: await timeZoneOf(refund.merchantId) } as const
      return JSON.stringify(refundAnswer(refund, view))
    },
  }
}
