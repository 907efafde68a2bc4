/**
 * Every store of the use cases in memory. test/conformance holds them to the same promises as the real ones, so what the
 * simulation finds with these is true of those.
 */
import type { Order } from "../../domain/order.ts"
import type { Refund } from "../../domain/refund.ts"
import type {
  AgreementStore,
  ChannelHealthStore,
  Clock,
  CodeStore,
  CustomerStore,
  ExceptionStore,
  MerchantGate,
  MerchantStore,
  OrderStore,
  PayerStore,
  RecordStore,
  RefundStore,
  WrongCodeStore,
} from "../../usecases/ports.ts"
import { type CodeTable, memoryCodes } from "./memory-codes.ts"
import { type ExceptionTable, memoryExceptions } from "./memory-exceptions.ts"
import { type HealthTable, memoryHealth } from "./memory-health.ts"
import { type MerchantTable, memoryMerchants, memoryWrongCodes } from "./memory-merchants.ts"
import { memoryOrders, type OrderTable } from "./memory-orders.ts"
import {
  type AgreementTable,
  type CustomerTable,
  memoryAgreements,
  memoryCustomers,
  memoryPayers,
} from "./memory-people.ts"
import { memoryRecords, type RecordTable } from "./memory-records.ts"
import { memoryRefunds, type RefundTable } from "./memory-refunds.ts"

export type MemoryTables = {
  orders: OrderTable
  refunds: RefundTable
  codes: CodeTable
  customers: CustomerTable
  agreements: AgreementTable
  records: RecordTable
  merchants: MerchantTable
  gates: Map<string, MerchantGate>
  wrongCodes: Map<string, number>
  exceptions: ExceptionTable
  health: HealthTable
}

export type Stores = {
  orders: OrderStore
  refunds: RefundStore
  codes: CodeStore
  payers: PayerStore
  customers: CustomerStore
  agreements: AgreementStore
  records: RecordStore
  merchants: MerchantStore
  wrongCodes: WrongCodeStore
  exceptions: ExceptionStore
  health: ChannelHealthStore
}

export function emptyTables(): MemoryTables {
  return {
    orders: new Map(),
    refunds: new Map(),
    codes: new Map(),
    customers: new Map(),
    agreements: new Map(),
    records: new Map(),
    merchants: new Map(),
    gates: new Map(),
    wrongCodes: new Map(),
    exceptions: new Map(),
    health: new Map(),
  }
}

/** Hears of each write that took effect, in order. */
export type WriteListener = { onOrder?(order: Order): void; onRefund?(refund: Refund): void }

export function memoryStores(
  tables: MemoryTables,
  clock: Pick<Clock, "monotonicMs">,
  { onOrder, onRefund }: WriteListener = {},
): Stores {
  return {
    orders: memoryOrders(tables.orders, onOrder),
    refunds: memoryRefunds(tables.refunds, onRefund),
    codes: memoryCodes(tables.codes),
    payers: memoryPayers(tables),
    customers: memoryCustomers(tables.customers),
    agreements: memoryAgreements(tables.agreements),
    records: memoryRecords(tables.records),
    merchants: memoryMerchants(tables.merchants, clock),
    wrongCodes: memoryWrongCodes(tables.wrongCodes),
    exceptions: memoryExceptions(tables.exceptions),
    health: memoryHealth(tables.health),
  }
}
