import assert from "node:assert/strict"
import { test } from "node:test"
import { PLANTED_FAULTS } from "./planted-faults.ts"
import { brokenStory, seedLine, simulate, simulateMany } from "./simulate.ts"
import { BEHAVIOURS } from "./simulated-channel.ts"

const FIRST_SEED = 1
const SEEDS = 500
const SEEDS_TO_FIND_A_FAULT = 600

/** Every way a call can end; a run that never sees one of them proves nothing about it. */
const ANSWERS = [
  "PAID",
  "PAYING",
  "FAILED AGREEMENT_REQUIRED",
  "FAILED BALANCE_INSUFFICIENT",
  "FAILED CHANNEL_REFUSED",
  "FAILED CODE_CLOSED",
  "FAILED CODE_EXPIRED",
  "FAILED CODE_INVALID",
  "FAILED CODE_USED",
  "FAILED ORDER_CLOSED",
  "FAILED PAY_METHOD_OFF",
  "KEY_UNKNOWN",
  "MERCHANT_DISABLED",
  "ORDER_NO_REUSED",
  "SYSTEM_ERROR",
  "TOO_MANY_REQUESTS",
  "TRY_AGAIN",
]
const POLL_ENDS = ["asked again later", "nothing to ask", "plan used up", "settled"]
const PORT_CALLS = [
  "channels.charge",
  "channels.query",
  "clock.sleep",
  "codes.claim",
  "codes.release",
  "merchants.read",
  "orders.advance",
  "orders.create",
  "orders.read",
  "payers.readPayer",
  "polls.send",
  "wrongCodes.count",
]

test("whatever dies, stalls or is sent twice, money and orders agree, and every kind of call was seen", async () => {
  const runs = await simulateMany({ first: FIRST_SEED, count: SEEDS })
  console.log(seedLine(runs))
  assert.equal(runs.broken.length, 0, runs.broken.map(brokenStory).join("\n"))

  const wanted = [
    ...ANSWERS.map((it) => `answer: ${it}`),
    ...POLL_ENDS.map((it) => `poll: ${it}`),
    ...BEHAVIOURS.map((it) => `channel: ${it}`),
    ...PORT_CALLS.flatMap((it) => [`crash before ${it}`, `crash after ${it}`]),
  ]
  const missed = wanted.filter((it) => !runs.tally.has(it))
  assert.deepEqual(missed, [], "never happened in any run")
})

test("a seed plays the same run again, to the last word", async () => {
  const [first, second] = [await simulate(11), await simulate(11)]
  assert.deepEqual(second.history, first.history)
  assert.deepEqual(second.tally, first.tally)
})

for (const [name, plant] of Object.entries(PLANTED_FAULTS)) {
  test(`the simulation finds ${name}`, async () => {
    const runs = await simulateMany(
      { first: FIRST_SEED, count: SEEDS_TO_FIND_A_FAULT, untilBroken: true },
      plant,
    )
    assert.equal(runs.broken.length, 1, `not found in ${runs.seeds} seeds`)
  })
}
