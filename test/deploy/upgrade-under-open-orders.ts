import assert from "node:assert/strict"
import { join } from "node:path"
import { DEPLOY_ALL, type SettingsOverrides } from "./cdk.ts"
import type { Machine } from "./machine.ts"
import type { Till } from "./open-till.ts"
import { leaveOpen, statusOf, waitForEnd } from "./paying.ts"
import { step } from "./step.ts"

/** The customer enters the password after 10 s. */
const PAID_LATE_FEN = 902
/** The customer never does: asked about for 45 s by WeChat's own plan, then undone. */
const NEVER_PAID_FEN = 903

/** Of asking about an unknown payment: shorter than WeChat's, so that the open order ends sooner by it. */
const SHORT_PLAN_MS = [5_000, 5_000, 5_000]
const LATEST_END_MS = 150_000

/**
 * The next version of the code and another setting are deployed while two orders are open: one ends by the queue alone, the
 * other by the workflow. `upgraded` looks at what stands there then.
 */
export async function upgradeUnderOpenOrders(
  machine: Machine,
  settings: SettingsOverrides,
  till: Till,
  upgraded: () => Promise<void>,
): Promise<void> {
  const { cdk, folder } = machine
  const [paidLate, neverPaid] = await step("leaves two orders open", () =>
    Promise.all([leaveOpen(till, PAID_LATE_FEN), leaveOpen(till, NEVER_PAID_FEN)]),
  )
  await step("cdk deploy --all, other functions and settings, under the open orders", async () => {
    const tuned = { ...settings, logDays: 7, tuning: { queryPlansMs: { wechat: SHORT_PLAN_MS } } }
    const nextVersion = `node test/deploy/next-version.ts ${join(folder, "next-version")}`
    await cdk.run([...DEPLOY_ALL, "--app", nextVersion], tuned)
    await upgraded()
    assert.equal(
      await statusOf(till, neverPaid),
      "PS_PAYING",
      "the upgrade took longer than an order is open",
    )
  })
  await step("the order that is paid late ends paid", () =>
    waitForEnd(till, machine, paidLate, {
      status: "PS_SUCCESS",
      chargedFen: PAID_LATE_FEN,
      withinMs: LATEST_END_MS,
    }),
  )
  await step("the order that is never paid ends closed", () =>
    waitForEnd(till, machine, neverPaid, { status: "PS_CLOSED", chargedFen: 0, withinMs: LATEST_END_MS }),
  )
}
