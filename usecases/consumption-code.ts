/** The customer's consumption code: opened, closed, shown (A1–A3). */
import type { AgreementPayType } from "../domain/channel.ts"
import type { Customer, IssuedCode } from "../domain/customer.ts"
import { CODE_LIFE_MS, makeCode, payIdOf } from "../domain/payment-code.ts"
import type { Clock, CodeStore, CustomerStore, PaymentSettings, Random } from "./ports.ts"

export type CodePorts = {
  clock: Clock
  random: Random
  codeKey: Buffer
  codes: CodeStore
  customers: CustomerStore
  settings: PaymentSettings
}

/** Open again only sets the default pay type. */
export function openCode(
  ports: Pick<CodePorts, "customers">,
  uid: string,
  payType: AgreementPayType,
): Promise<Customer> {
  return ports.customers.open(uid, payType)
}

/** From the next moment on no code is issued and no issued one pays: its epoch is over. */
export function closeCode(ports: Pick<CodePorts, "customers">, uid: string): Promise<void> {
  return ports.customers.close(uid)
}

export type ShownCode = { code: string; issued: IssuedCode }

/** Two equal codes alive at once are as good as impossible; a few tries make it impossible. */
const TRIES = 3

/** A fresh code; it does not end an earlier one. Undefined where the customer's code is not open. */
export async function issueCode(
  ports: CodePorts,
  uid: string,
  payType?: AgreementPayType,
): Promise<ShownCode | undefined> {
  const customer = await ports.customers.read(uid)
  if (!customer?.open) return undefined
  for (let tries = 0; tries < TRIES; tries++) {
    const code = makeCode((count) => ports.random.digits(count), ports.settings.ownCodePrefix)
    const issued: IssuedCode = {
      payId: payIdOf(ports.codeKey, code),
      uid,
      payType: payType ?? customer.defaultPayType,
      epoch: customer.epoch,
      expiresAtMs: ports.clock.nowMs() + CODE_LIFE_MS,
    }
    if (await ports.codes.put(issued)) return { code, issued }
  }
  throw new Error("no free payment code found")
}
