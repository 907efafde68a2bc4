import assert from "node:assert/strict"
import { test } from "node:test"
import { PLANTED_FAULTS } from "./planted-faults.ts"
import { PLANTED_REFUND_FAULTS } from "./planted-refund-faults.ts"
import { simulateMany } from "./simulate.ts"

const FIRST_SEED = 601
const SEEDS_TO_FIND_A_FAULT = 1_000

for (const [name, plant] of Object.entries({ ...PLANTED_FAULTS, ...PLANTED_REFUND_FAULTS })) {
  test(`the simulation finds ${name}`, async () => {
    const range = { first: FIRST_SEED, count: SEEDS_TO_FIND_A_FAULT, untilBroken: true }
    const runs = await simulateMany(range, plant)
    assert.equal(runs.broken.length, 1, `not found in ${runs.seeds} seeds`)
    const [first] = runs.broken
    const what = first?.violations[0] ?? ""
    assert.doesNotMatch(what, /^the run fell over/, "the run itself is broken, which finds any fault")
    console.log(`${name}: seed ${first?.seed}, ${what}`)
  })
}
