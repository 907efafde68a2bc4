import assert from "node:assert/strict"
import { test } from "node:test"
import { Bucket } from "aws-cdk-lib/aws-s3"
import { addSecurityChecks } from "./security-checks.ts"
import { platformUnderTest, settingsOf } from "./test-templates.ts"

const shapes: Record<string, Record<string, unknown>> = {
  production: { stage: "production" },
  "a stage in a region that has neither the newest runtime nor Arm": {
    stage: "production",
    runtime: "nodejs22.x",
    architecture: "x86_64",
  },
  "a stage with its own domain and tracing": {
    stage: "test",
    tracing: true,
    customDomain: {
      name: "pay.example.com",
      certificateArn: "arn:aws:acm:eu-central-1:123456789012:certificate/0",
    },
  },
}

for (const [shape, overrides] of Object.entries(shapes)) {
  test(`${shape} has no finding that is not acknowledged with a reason`, () => {
    const { app } = platformUnderTest(settingsOf(overrides))
    addSecurityChecks(app)
    app.synth()
  })
}

test("a finding nobody acknowledged fails synthesis and is named", (t) => {
  const said = t.mock.method(console, "error", () => undefined)
  const { app, data } = platformUnderTest({ ...settingsOf({ stage: "test" }), templateChecks: false })
  addSecurityChecks(app)
  new Bucket(data, "Careless")
  assert.throws(() => app.synth(), /Validation failed/)
  assert.match(said.mock.calls.map((call) => call.arguments.join()).join(), /Careless/)
})

test("the templates fit every account, region and partition", () => {
  const { app } = platformUnderTest({ ...settingsOf({ stage: "production" }), templateChecks: false })
  for (const { environment, template } of app.synth().stacks) {
    assert.equal(environment.name, "aws://unknown-account/unknown-region")
    assert.doesNotMatch(JSON.stringify(template), /arn:aws|amazonaws\.com\//)
  }
})
