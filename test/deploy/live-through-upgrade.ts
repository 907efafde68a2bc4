import assert from "node:assert/strict"
import { accountContents } from "./account-contents.ts"
import { workBesidePaying } from "./beside-paying.ts"
import { bucketContents } from "./bucket-contents.ts"
import { DEPLOY_ALL, DESTROY_ALL, DESTROY_ALL_BUT_DATA, type SettingsOverrides } from "./cdk.ts"
import type { DeployedFunction, DeployedStage } from "./deployed-stage.ts"
import { leadToApi, type Machine } from "./machine.ts"
import { openTill, type Till } from "./open-till.ts"
import { payAtOnce } from "./paying.ts"
import { stageSettings } from "./stage-settings.ts"
import { step } from "./step.ts"
import { upgradeUnderOpenOrders } from "./upgrade-under-open-orders.ts"

/**
 * The life of a stage that keeps nothing: deployed, paid and refunded through, upgraded under open orders, taken back,
 * removed.
 */
export async function liveThroughUpgrade(machine: Machine): Promise<void> {
  const { cdk, stage } = machine
  const settings = stageSettings(machine, { keepData: false })
  const till = await deployAndPay(machine, settings)
  await step("cdk diff, and cdk deploy again: no changes", async () => {
    assert.match(await cdk.run(["diff", "--all"], settings), /Number of stacks with differences: 0/)
    assertUnchanged(await cdk.run(DEPLOY_ALL, settings), await stage.stacks())
  })

  const first = await functionsOf(stage)
  await workBesidePaying(machine, till)
  await upgradeUnderOpenOrders(machine, settings, till, async () =>
    assertUpgraded(first, await functionsOf(stage)),
  )
  await step("goes back to what was deployed first, and pays", async () => {
    await cdk.run(DEPLOY_ALL, settings)
    assert.deepEqual(await functionsOf(stage), first)
    await payAtOnce(till, machine)
  })

  await remove(machine, settings)
}

/** As docs/operations/deploying.md says: movements and bills stand in versioned buckets, and none is deleted full. */
async function remove({ cdk, stage, emulator }: Machine, settings: SettingsOverrides): Promise<void> {
  const buckets = bucketContents(emulator)
  await step("cdk destroy of all stacks but the data's, whose buckets are full", async () => {
    await cdk.run(DESTROY_ALL_BUT_DATA, settings)
    assert.deepEqual(await stage.stacks(), ["MetroPay-test-Data"])
    const contents = await Promise.all((await buckets.names()).map((name) => buckets.versions(name)))
    assert.equal(contents.filter((versions) => versions.length > 0).length, 2)
  })
  await step("empties them, then cdk destroy --all: no stack, table, key or bucket is left", async () => {
    for (const name of await buckets.names()) await buckets.empty(name)
    await cdk.run(DESTROY_ALL, settings)
    assert.deepEqual([await stage.stacks(), await buckets.names()], [[], []])
    const account = accountContents(emulator)
    assert.deepEqual([await account.tables(), await account.keys()], [{}, []])
  })
}

async function deployAndPay(machine: Machine, settings: SettingsOverrides): Promise<Till> {
  const { cdk, fronts } = machine
  await step("cdk deploy --all", () => cdk.run(DEPLOY_ALL, settings))
  await leadToApi(machine)
  const till = await step("registers a merchant by the operators' commands", () =>
    openTill({ ...machine, baseUrl: fronts.api.url }),
  )
  await step("pays: the answer is signed, the channel's books agree", () => payAtOnce(till, machine))
  return till
}

function assertUnchanged(said: string, stacks: readonly string[]): void {
  assert.ok(stacks.length > 0)
  for (const stack of stacks) assert.ok(said.includes(`${stack} (no changes)`), `${stack} is deployed anew`)
}

/** Of the way in, and of what asks about orders and undoes them. */
function functionsOf(stage: DeployedStage): Promise<DeployedFunction[]> {
  return Promise.all(["applypay", "poll", "undo"].map((name) => stage.deployedFunction(name)))
}

/** The way in keeps its code, the others have another, all have the new setting. */
function assertUpgraded(before: readonly DeployedFunction[], after: readonly DeployedFunction[]): void {
  const changed = after.map(({ code }, index) => code !== before[index]?.code)
  assert.deepEqual(changed, [false, true, true])
  for (const { environment } of after) assert.match(environment.TUNING ?? "", /queryPlansMs/)
}
