import assert from "node:assert/strict"
import { type AccountContents, accountContents } from "./account-contents.ts"
import { bucketContents } from "./bucket-contents.ts"
import { DEPLOY_ALL, DESTROY_ALL, type SettingsOverrides } from "./cdk.ts"
import { leadToApi, type Machine } from "./machine.ts"
import { makeBills } from "./made-bills.ts"
import { openTill } from "./open-till.ts"
import { payAtOnce } from "./paying.ts"
import { stageSettings } from "./stage-settings.ts"
import { step } from "./step.ts"

/** The end of a stage that keeps its data: not removed by mistake, and when it is removed on purpose, its data stays. */
export async function keepData(machine: Machine): Promise<void> {
  const { cdk, stage, emulator } = machine
  const account = accountContents(emulator)
  const buckets = bucketContents(emulator)
  const settings = stageSettings(machine, { keepData: true })
  await deployAndPay(machine, settings)
  const tables = await account.tables()
  const keys = await stage.keyIds()

  await step("cdk destroy --all is refused, and takes nothing away", async () => {
    const before = await stage.stacks()
    const { code, said } = await cdk.attempt(DESTROY_ALL, settings)
    assert.notEqual(code, 0)
    assert.match(said, /TerminationProtection is enabled/)
    assert.deepEqual(await stage.stacks(), before)
  })
  await step("lifts the protection, then cdk destroy --all: no stack is left", async () => {
    await stage.liftProtection()
    await cdk.run(DESTROY_ALL, settings)
    assert.deepEqual(await stage.stacks(), [])
  })
  await step("tables, keys and buckets are still there; no table can be deleted, and no bill", async () => {
    assert.deepEqual((await account.keys()).sort(), keys.sort())
    await assertKept(account, tables)
    const [bills, , movements] = await buckets.names()
    assert.ok(bills && movements && (await buckets.versions(movements)).length > 0)
    const made = await buckets.versions(bills)
    await assert.rejects(buckets.empty(bills), /protected by object lock/)
    assert.deepEqual(await buckets.versions(bills), made)
  })
}

async function deployAndPay(machine: Machine, settings: SettingsOverrides): Promise<void> {
  const { cdk, fronts } = machine
  await step("cdk deploy --all, keeping data", () => cdk.run(DEPLOY_ALL, settings))
  await leadToApi(machine)
  await step("registers a merchant, pays, makes the day's bills", async () => {
    await payAtOnce(await openTill({ ...machine, baseUrl: fronts.api.url }), machine)
    await makeBills(machine)
  })
}

/** There may be more in them by now: what follows from a payment is written after it was answered. */
async function assertKept(account: AccountContents, before: Record<string, number>): Promise<void> {
  const after = await account.tables()
  assert.equal(Object.keys(before).length, 2)
  for (const [table, items] of Object.entries(before)) {
    assert.ok(items > 0 && (after[table] ?? 0) >= items, `${table} had ${items} items, now ${after[table]}`)
    assert.match((await account.refusesToDelete(table)) ?? "deleted", /protect/i)
  }
}
