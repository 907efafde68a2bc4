import assert from "node:assert/strict"
import { test } from "node:test"
import { Stack } from "aws-cdk-lib/core"
import { platformUnderTest, settingsOf } from "./test-templates.ts"

/** By the name of each stack of the stage. */
function protection(overrides: Record<string, unknown>): Record<string, boolean> {
  const { app } = platformUnderTest({ ...settingsOf(overrides), templateChecks: false })
  const stacks = app.node.children.filter((child) => Stack.isStack(child))
  return Object.fromEntries(stacks.map((stack) => [stack.stackName, stack.terminationProtection]))
}

// `cdk destroy --all` begins with the stacks that nothing depends on: one that is not protected is gone by the time the
// next one refuses, and with it the way in.
test("where data is kept, every stack refuses to go, so that a mistaken removal takes nothing away", () => {
  const protectedStacks = protection({ stage: "production" })
  assert.ok(Object.keys(protectedStacks).length > 1)
  for (const [name, isProtected] of Object.entries(protectedStacks)) assert.equal(isProtected, true, name)
})

test("where none is kept, all of them go at once", () => {
  for (const [name, isProtected] of Object.entries(protection({ stage: "test" }))) {
    assert.equal(isProtected, false, name)
  }
})
