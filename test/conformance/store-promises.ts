import type { Merchant, MerchantGate } from "../../usecases/ports.ts"
import type { Stores } from "../simulation/memory-stores.ts"
import { codePromises } from "./code-promises.ts"
import { exceptionPromises } from "./exception-promises.ts"
import { orderPromises } from "./order-promises.ts"
import { peoplePromises } from "./people-promises.ts"
import { recordPromises } from "./record-promises.ts"
import { refundPromises } from "./refund-promises.ts"

/** Stores, and what an operator does behind their backs. */
export type StoresUnderTest = {
  stores: Stores
  putMerchant(merchant: Merchant): Promise<void>
  setGate(merchantId: string, gate: MerchantGate): Promise<void>
}

/**
 * What every set of stores promises to the use cases, as one suite.
 * @param under gives the stores when the tests run; tests never share keys, so one set of tables serves all
 */
export function storePromises(name: string, under: () => StoresUnderTest): void {
  orderPromises(name, () => under().stores.orders)
  refundPromises(name, () => under().stores.refunds)
  codePromises(name, () => under().stores.codes)
  peoplePromises(name, under)
  recordPromises(name, () => under().stores.records)
  exceptionPromises(name, () => under().stores.exceptions)
}
