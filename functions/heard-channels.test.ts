import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { test } from "node:test"
import { promisify } from "node:util"

/** What is counted while this script runs with a channel and a breaker that are listened to. */
async function countedBy(script: string): Promise<Record<string, unknown>[]> {
  const file = (...path: string[]) => JSON.stringify(join(import.meta.dirname, ...path))
  const setting = `
    import { heard, heardBreaker } from ${file("heard-channels.ts")}
    import { channelBreaker } from ${file("..", "usecases", "channel-breaker.ts")}
    const says = (outcome) => heard({ id: "wechat", charge: async () => outcome, query: async () => outcome })
    const breaker = heardBreaker(channelBreaker({ report: async () => {} }))
    const account = { merchantId: "M1", channel: "wechat", accountId: "A1", settingsVersion: 1 };`
  const args = ["--input-type=module", "-e", setting + script]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { STAGE: "test" } })
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { _aws, ...counted } = JSON.parse(line)
      return counted
    })
}

test("a channel call that meets silence is counted, and gives what it gave", async () => {
  const counted = await countedBy(`
    const outcome = await says({ kind: "unknown", cause: "TimeoutError", silent: true }).charge({})
    if (outcome.cause !== "TimeoutError") throw new Error("changed on its way")`)
  assert.deepEqual(counted, [{ channel: "wechat", ChannelSilent: 1 }])
})

test("an answer of any kind is not silence", async () => {
  const counted = await countedBy(`
    await says({ kind: "charged", channelTradeNo: "1", couponFen: 0 }).charge({})
    await says({ kind: "unknown", cause: "500" }).query({})`)
  assert.deepEqual(counted, [])
})

test("a breaker that opens is counted once in its window, and again in the next", async () => {
  const counted = await countedBy(`
    const bad = { calls: 20, unanswered: 20 }
    breaker.learn(account, { calls: 1, unanswered: 1 }, 0)
    for (const nowMs of [0, 1, 2, 30_000]) breaker.learn(account, bad, nowMs)`)
  assert.deepEqual(counted, [
    { channel: "wechat", BreakerOpen: 1 },
    { channel: "wechat", BreakerOpen: 1 },
  ])
})
