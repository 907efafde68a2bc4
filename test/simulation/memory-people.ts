/** Customers, their agreements, and the one read over both that paying makes. */
import type { Agreement, Customer } from "../../domain/customer.ts"
import type { AgreementStore, CustomerStore, MerchantGate, PayerStore } from "../../usecases/ports.ts"
import { type HealthTable, healthIn } from "./memory-health.ts"

export type CustomerTable = Map<string, Customer>
export type AgreementTable = Map<string, Agreement>

export function memoryCustomers(table: CustomerTable): CustomerStore {
  return {
    async read(uid) {
      const customer = table.get(uid)
      return customer && { ...customer }
    },

    async open(uid, payType) {
      const customer = { uid, open: true, epoch: table.get(uid)?.epoch ?? 1, defaultPayType: payType }
      table.set(uid, customer)
      return { ...customer }
    },

    async close(uid) {
      const customer = table.get(uid)
      if (customer) table.set(uid, { ...customer, open: false, epoch: customer.epoch + 1 })
    },
  }
}

export function memoryAgreements(table: AgreementTable): AgreementStore {
  return {
    async list(uid) {
      return [...table.values()].filter((it) => it.uid === uid).map((it) => ({ ...it }))
    },

    async put(agreement) {
      table.set(agreementPlace(agreement), { ...agreement })
    },

    async remove(agreement) {
      const place = agreementPlace(agreement)
      return table.get(place)?.id === agreement.id && table.delete(place)
    },
  }
}

export function memoryPayers(tables: {
  customers: CustomerTable
  agreements: AgreementTable
  gates: ReadonlyMap<string, MerchantGate>
  wrongCodes: ReadonlyMap<string, number>
  health: HealthTable
}): PayerStore {
  return {
    async readPayer({ merchantId, uid, payType, wrongCodeWindowMs, health }) {
      const customer = uid === undefined ? undefined : tables.customers.get(uid)
      const agreement =
        uid === undefined || payType === undefined
          ? undefined
          : tables.agreements.get(agreementPlace({ uid, merchantId, payType }))
      return {
        gate: { ...(tables.gates.get(merchantId) ?? { disabled: true, settingsVersion: 0 }) },
        wrongCodes:
          wrongCodeWindowMs === undefined
            ? 0
            : (tables.wrongCodes.get(wrongCodePlace(merchantId, wrongCodeWindowMs)) ?? 0),
        health: health && healthIn(tables.health, health.account, health.windowStartMs),
        customer: customer && { ...customer },
        agreement: agreement && { ...agreement },
      }
    },
  }
}

/** One agreement for each customer, merchant and pay type. */
function agreementPlace({ uid, merchantId, payType }: { uid: string; merchantId: string; payType: string }) {
  return `${uid}#${merchantId}#${payType}`
}

export function wrongCodePlace(merchantId: string, windowStartMs: number): string {
  return `${merchantId}#${windowStartMs}`
}
