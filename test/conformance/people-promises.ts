import assert from "node:assert/strict"
import { test } from "node:test"
import type { Agreement } from "../../domain/customer.ts"
import { atOnce, fresh, NOON_MS, plain, sampleMerchant } from "./samples.ts"
import type { StoresUnderTest } from "./store-promises.ts"

export function peoplePromises(name: string, under: () => StoresUnderTest): void {
  customerPromises(name, under)
  agreementPromises(name, under)
  payerPromises(name, under)
  healthPromises(name, under)
  merchantPromises(name, under)
}

function customerPromises(name: string, under: () => StoresUnderTest): void {
  test(`${name}: opening makes the customer, opening again only sets the pay type`, async () => {
    const { customers } = under().stores
    const uid = fresh("U")
    assert.equal(await customers.read(uid), undefined)
    const first = { uid, open: true, epoch: 1, defaultPayType: "CT_WECHAT" }
    assert.deepEqual(await customers.open(uid, "CT_WECHAT"), first)
    assert.deepEqual(await customers.open(uid, "CT_ALIPAY"), { ...first, defaultPayType: "CT_ALIPAY" })
    assert.deepEqual(await customers.read(uid), { ...first, defaultPayType: "CT_ALIPAY" })
  })

  test(`${name}: closing ends the epoch, opening does not bring it back`, async () => {
    const { customers } = under().stores
    const uid = fresh("U")
    await customers.open(uid, "CT_WECHAT")
    await customers.close(uid)
    assert.deepEqual(plain(await customers.read(uid)), {
      uid,
      open: false,
      epoch: 2,
      defaultPayType: "CT_WECHAT",
    })
    assert.equal((await customers.open(uid, "CT_WECHAT")).epoch, 2)
  })

  test(`${name}: closing what was never opened makes no customer`, async () => {
    const { customers } = under().stores
    const uid = fresh("U")
    await customers.close(uid)
    assert.equal(await customers.read(uid), undefined)
  })
}

function sampleAgreement(change: Partial<Agreement> = {}): Agreement {
  const uid = change.uid ?? fresh("U")
  return {
    id: fresh("G"),
    uid,
    merchantId: "M1",
    payType: "CT_WECHAT",
    contractId: "C1",
    signedAtMs: NOON_MS,
    ...change,
  }
}

function agreementPromises(name: string, under: () => StoresUnderTest): void {
  test(`${name}: a customer's agreements are listed, and nobody else's`, async () => {
    const { agreements } = under().stores
    const uid = fresh("U")
    const mine = [
      sampleAgreement({ uid }),
      sampleAgreement({ uid, merchantId: "M2" }),
      sampleAgreement({ uid, payType: "CT_ALIPAY" }),
    ]
    for (const agreement of [...mine, sampleAgreement()]) await agreements.put(agreement)
    const byId = (list: Agreement[]) => list.map((it) => plain(it)).sort((a, b) => (a.id < b.id ? -1 : 1))
    assert.deepEqual(byId(await agreements.list(uid)), byId(mine))
    assert.deepEqual(await agreements.list(fresh("U")), [])
  })

  test(`${name}: an agreement ends once; ending it again says so`, async () => {
    const { agreements } = under().stores
    const agreement = sampleAgreement()
    await agreements.put(agreement)
    assert.equal(await agreements.remove(agreement), true)
    assert.equal(await agreements.remove(agreement), false)
    assert.deepEqual(await agreements.list(agreement.uid), [])
  })

  test(`${name}: who ends an old agreement leaves its successor alone`, async () => {
    const { agreements } = under().stores
    const old = sampleAgreement()
    const renewed = { ...old, id: fresh("G"), contractId: "C2" }
    await agreements.put(old)
    await agreements.remove(old)
    await agreements.put(renewed)
    assert.equal(await agreements.remove(old), false)
    assert.deepEqual((await agreements.list(old.uid)).map(plain), [plain(renewed)])
  })
}

function payerPromises(name: string, under: () => StoresUnderTest): void {
  test(`${name}: paying reads gate, customer, agreement and wrong codes at once`, async () => {
    const { stores, setGate } = under()
    const uid = fresh("U")
    const agreement = sampleAgreement({ uid, merchantId: fresh("M") })
    const { merchantId, payType } = agreement
    await setGate(merchantId, { disabled: false, settingsVersion: 7 })
    const customer = await stores.customers.open(uid, "CT_ALIPAY")
    await stores.agreements.put(agreement)
    await stores.wrongCodes.count(merchantId, NOON_MS)
    await stores.wrongCodes.count(merchantId, NOON_MS)
    const payer = await stores.payers.readPayer({ merchantId, uid, payType, wrongCodeWindowMs: NOON_MS })
    const gate = { disabled: false, settingsVersion: 7 }
    assert.deepEqual(plain(payer), plain({ gate, wrongCodes: 2, customer, agreement }))
  })

  test(`${name}: without a gate a merchant is disabled; what nobody asked for is absent`, async () => {
    const { payers } = under().stores
    const payer = await payers.readPayer({ merchantId: fresh("M") })
    assert.deepEqual(plain(payer), { gate: { disabled: true, settingsVersion: 0 }, wrongCodes: 0 })
  })

  test(`${name}: an ended agreement and another merchant's do not pay`, async () => {
    const { stores, setGate } = under()
    const agreement = sampleAgreement({ merchantId: fresh("M") })
    const { uid, merchantId, payType } = agreement
    await setGate(merchantId, { disabled: true, settingsVersion: 2 })
    await stores.agreements.put(agreement)
    const other = await stores.payers.readPayer({ merchantId: fresh("M"), uid, payType })
    await stores.agreements.remove(agreement)
    const ended = await stores.payers.readPayer({ merchantId, uid, payType })
    assert.equal(other.agreement, undefined)
    assert.equal(ended.agreement, undefined)
    assert.deepEqual(ended.gate, { disabled: true, settingsVersion: 2 })
  })

  test(`${name}: no wrong code is lost when many are counted at once, and windows are apart`, async () => {
    const { wrongCodes } = under().stores
    const merchantId = fresh("M")
    const counts = await atOnce(20, () => wrongCodes.count(merchantId, NOON_MS))
    assert.deepEqual(
      counts.sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, index) => index + 1),
    )
    assert.equal(await wrongCodes.count(merchantId, NOON_MS + 300_000), 1)
    assert.equal(await wrongCodes.read(merchantId, NOON_MS), 20)
    assert.equal(await wrongCodes.read(merchantId, NOON_MS - 300_000), 0)
  })
}

function healthPromises(name: string, under: () => StoresUnderTest): void {
  test(`${name}: what was seen of a channel account is added up by window, and read with the payer`, async () => {
    const { health, payers } = under().stores
    const { merchantId, account } = { merchantId: fresh("M"), account: accountOf(fresh("A")) }
    const windowStartMs = NOON_MS
    const read = async (about = { account, windowStartMs }) =>
      (await payers.readPayer({ merchantId, health: about })).health
    assert.equal(await read(), undefined)
    await atOnce(10, () => health.report(account, windowStartMs, { calls: 3, unanswered: 1 }))
    assert.deepEqual(await read(), { calls: 30, unanswered: 10 })
    assert.equal(await read({ account, windowStartMs: windowStartMs + 30_000 }), undefined)
    assert.equal(await read({ account: accountOf(fresh("A")), windowStartMs }), undefined)
  })
}

function accountOf(accountId: string) {
  return { merchantId: "M1", channel: "wechat", accountId, settingsVersion: 1 } as const
}

function merchantPromises(name: string, under: () => StoresUnderTest): void {
  test(`${name}: a merchant is read as it was registered; an unknown one is none`, async () => {
    const { stores, putMerchant } = under()
    const merchant = sampleMerchant()
    await putMerchant(merchant)
    assert.deepEqual(plain(await stores.merchants.read(merchant.merchantId)), plain(merchant))
    assert.equal(await stores.merchants.read(fresh("M")), undefined)
  })

  test(`${name}: settings come from memory until a newer version is asked for`, async () => {
    const { stores, putMerchant } = under()
    const merchant = sampleMerchant()
    await putMerchant(merchant)
    await stores.merchants.read(merchant.merchantId)
    await putMerchant({ ...merchant, settingsVersion: 2, keyIds: ["K1", "K2"] })
    const held = await stores.merchants.read(merchant.merchantId, 1)
    const renewed = await stores.merchants.read(merchant.merchantId, 2)
    assert.deepEqual([held?.settingsVersion, held?.keyIds], [1, ["K1"]])
    assert.deepEqual([renewed?.settingsVersion, renewed?.keyIds], [2, ["K1", "K2"]])
  })
}
