import assert from "node:assert/strict"
import { test } from "node:test"
import { matches, readEventPattern } from "./event-pattern.ts"
import { executionEvents } from "./event-rules.ts"
import type { Execution } from "./workflows.ts"

const MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:undo-order"
const failed: Execution = {
  executionArn: `${MACHINE.replace("stateMachine", "execution")}:1-1`,
  stateMachineArn: MACHINE,
  name: "1-1",
  status: "FAILED",
  input: '{"tradeNo":"1"}',
  startMs: Date.UTC(2026, 10, 21, 1),
  stopMs: Date.UTC(2026, 10, 21, 2),
  error: "Busy",
  cause: "{}",
}

test("a rule's function is given the event as Step Functions sends it, and no other change of status", () => {
  const called: [name: string, event: string][] = []
  const pattern = readEventPattern({
    source: ["aws.states"],
    detail: { status: ["FAILED", "TIMED_OUT", "ABORTED"], stateMachineArn: [MACHINE] },
  })
  const targets = [{ functionName: "undofailed" }, { functionName: "other", input: '{"fixed":1}' }]
  const changed = executionEvents([{ name: "failed", pattern, targets }], (name, event) =>
    called.push([name, event]),
  )
  changed({ ...failed, status: "RUNNING" })
  changed({ ...failed, status: "SUCCEEDED" })
  changed({ ...failed, stateMachineArn: `${MACHINE}-other` })
  assert.equal(called.length, 0)
  changed(failed)
  assert.deepEqual(
    called.map(([name]) => name),
    ["undofailed", "other"],
  )
  assert.equal(called[1]?.[1], '{"fixed":1}')
  const event = JSON.parse(called[0]?.[1] ?? "") as { "detail-type": string; time: string; detail: object }
  assert.equal(event["detail-type"], "Step Functions Execution Status Change")
  assert.equal(event.time, "2026-11-21T02:00:00Z")
  assert.partialDeepStrictEqual(event.detail, {
    executionArn: failed.executionArn,
    name: "1-1",
    status: "FAILED",
    input: '{"tradeNo":"1"}',
    startDate: failed.startMs,
    stopDate: failed.stopMs,
    output: null,
    error: "Busy",
  })
})

const event = { source: "aws.states", n: 3, none: null, list: ["a", "b"], detail: { status: "FAILED" } }
const patterns: [pattern: object, holds: boolean][] = [
  [{}, true],
  [{ source: ["aws.sqs", "aws.states"] }, true],
  [{ source: ["AWS.states"] }, false],
  [{ source: [{ prefix: "aws." }] }, true],
  [{ n: [3], none: [null] }, true],
  [{ n: ["3"] }, false],
  [{ list: ["b"] }, true],
  [{ missing: [null] }, false],
  [{ detail: { status: ["FAILED"] } }, true],
  [{ source: ["aws.states"], detail: { status: ["ABORTED"] } }, false],
  [{ missing: { status: ["FAILED"] } }, false],
]
for (const [pattern, holds] of patterns) {
  test(`${JSON.stringify(pattern)} ${holds ? "matches" : "does not match"}`, () => {
    assert.equal(matches(readEventPattern(pattern), event), holds)
  })
}

for (const pattern of [{ a: [{ exists: true }] }, { $or: [] }, { a: "text" }, { a: [{ prefix: 1 }] }]) {
  test(`${JSON.stringify(pattern)} is refused by name`, () => {
    assert.throws(() => readEventPattern(pattern), /is not known to the local platform/)
  })
}
