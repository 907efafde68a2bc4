/** Merchants and customers of a run, and what operators and customers change while payments are on their way. */
import type { Agreement } from "../../domain/customer.ts"
import type { Merchant } from "../../usecases/ports.ts"
import type { World } from "./world.ts"

export const MERCHANTS = ["M1", "M2"] as const
export const CUSTOMERS = ["U1", "U2", "U3"] as const
export const KEY_ID = "K1"

const PAY_TYPES = ["CT_WECHAT", "CT_ALIPAY"] as const

export async function settle(world: World): Promise<void> {
  const { tables, stores } = world
  for (const merchantId of MERCHANTS) {
    tables.merchants.set(merchantId, merchantAt(merchantId, 1, [KEY_ID]))
    tables.gates.set(merchantId, { disabled: false, settingsVersion: 1 })
  }
  for (const uid of CUSTOMERS) {
    await stores.customers.open(uid, "CT_WECHAT")
    for (const merchantId of MERCHANTS) {
      for (const payType of PAY_TYPES) await stores.agreements.put(agreementOf(uid, merchantId, payType))
    }
  }
}

function merchantAt(merchantId: string, settingsVersion: number, keyIds: readonly string[]): Merchant {
  const accountOf = (channel: "wechat" | "alipay") => ({
    merchantId,
    channel,
    accountId: "A1",
    settingsVersion,
  })
  return {
    merchantId,
    name: merchantId,
    timeZone: "Asia/Shanghai",
    settingsVersion,
    accounts: { CT_WECHAT: accountOf("wechat"), CT_ALIPAY: accountOf("alipay") },
    keyIds,
  }
}

function agreementOf(uid: string, merchantId: string, payType: Agreement["payType"]): Agreement {
  const id = `${uid}-${merchantId}-${payType}`
  return { id, uid, merchantId, payType, contractId: `contract ${id}`, signedAtMs: 0 }
}

/** One thing that somebody changes; most of them are undone a little later. */
export async function change(world: World): Promise<void> {
  const { random, time } = world
  const merchantId = random.pick(MERCHANTS)
  const uid = random.pick(CUSTOMERS)
  switch (random.pick(["gate", "gate", "settings", "key", "code", "agreement"])) {
    case "gate":
      return flicker(world, merchantId, random.between(20, 4_000))
    case "settings":
      return publish(world, merchantId, [KEY_ID])
    case "key":
      publish(world, merchantId, [])
      await time.sleep(random.between(1_000, 10_000))
      return publish(world, merchantId, [KEY_ID])
    case "code":
      world.tell(`${uid} closes the code and opens it again`)
      await world.stores.customers.close(uid)
      await time.sleep(random.between(20, 4_000))
      await world.stores.customers.open(uid, "CT_WECHAT")
      return
    case "agreement":
      return renewAgreement(world, agreementOf(uid, merchantId, random.pick(PAY_TYPES)))
  }
}

/** A merchant is disabled and enabled again, by default within the time that one call takes. */
export async function flicker(
  world: World,
  merchantId: string,
  forMs: number = world.random.between(5, 60),
): Promise<void> {
  setGate(world, merchantId, true)
  await world.time.sleep(forMs)
  setGate(world, merchantId, false)
}

function setGate({ tables, tell }: World, merchantId: string, disabled: boolean): void {
  const gate = tables.gates.get(merchantId)
  if (gate) tables.gates.set(merchantId, { ...gate, disabled })
  tell(`${merchantId} is ${disabled ? "disabled" : "enabled"}`)
}

function publish({ tables, tell }: World, merchantId: string, keyIds: readonly string[]): void {
  const gate = tables.gates.get(merchantId)
  if (!gate) return
  const settingsVersion = gate.settingsVersion + 1
  tables.merchants.set(merchantId, merchantAt(merchantId, settingsVersion, keyIds))
  tables.gates.set(merchantId, { ...gate, settingsVersion })
  tell(`${merchantId} has settings ${settingsVersion}, keys: ${keyIds.join(", ") || "none"}`)
}

async function renewAgreement({ stores, time, random, tell }: World, agreement: Agreement): Promise<void> {
  tell(`agreement ${agreement.id} ends and is signed again`)
  await stores.agreements.remove(agreement)
  await time.sleep(random.between(1_000, 10_000))
  await stores.agreements.put(agreement)
}
