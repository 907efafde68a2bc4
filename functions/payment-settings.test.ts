import assert from "node:assert/strict"
import { test } from "node:test"
import { codeKindOf } from "../domain/payment-code.ts"
import { readSettings } from "../infra/settings.ts"
import { readEnvironment } from "./environment.ts"
import { paymentSettings, undoSettings } from "./payment-settings.ts"
import { queryPlans } from "./query-plans.ts"

test("a deployment moves code ranges and plans by its settings alone", () => {
  const codeKinds = [{ kind: "own", minDigits: 20, maxDigits: 20, prefixes: ["88"] }]
  const tuning = { codeKinds, ownCodePrefix: "88", queryPlansMs: { wechat: [1_000] }, lateChargeMs: 90_000 }
  const settings = readSettings({ METRO_PAY_SETTINGS: JSON.stringify({ stage: "test", tuning }) })
  const environment = readEnvironment({ TUNING: JSON.stringify(settings.tuning) })
  const { codeKinds: kinds, ownCodePrefix, wrongCodes } = paymentSettings(environment)
  assert.equal(codeKindOf("134567890123456789", kinds), undefined)
  assert.deepEqual([ownCodePrefix, wrongCodes.limit], ["88", 100], "what is not set stays")
  assert.deepEqual(queryPlans(environment)("wechat"), [1_000])
  assert.equal(undoSettings(environment).lateChargeMs, 90_000)
})

test("settings that make no sense are refused before they are deployed", () => {
  for (const tuning of [
    { ownCodePrefix: "x" },
    { queryPlansMs: { wechat: [] } },
    { lateChargeMs: 1 },
    { colour: 1 },
  ]) {
    const json = JSON.stringify({ stage: "test", tuning })
    assert.throws(() => readSettings({ METRO_PAY_SETTINGS: json }), /tuning/)
  }
})

test("without settings of its own a deployment has the defaults", () => {
  const environment = readEnvironment({})
  assert.equal(codeKindOf("134567890123456789", paymentSettings(environment).codeKinds), "wechat")
  assert.equal(queryPlans(environment)("wechat")?.[0], 5_000)
})
