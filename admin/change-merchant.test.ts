import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { auditLog } from "../persistence/audit-log.ts"
import { merchantRegistry } from "../persistence/merchant-registry.ts"
import {
  MAIN_TABLE,
  type RunningTables,
  SETTINGS_TABLE,
  startTables,
} from "../test/conformance/dynamodb-tables.ts"
import { changeMerchant } from "./change-merchant.ts"
import type { Answer, Request } from "./command.ts"

let tables: RunningTables
before(async () => {
  tables = await startTables()
})
after(() => tables?.close())

const clock = { nowMs: () => 1_760_000_000_000, monotonicMs: () => 0, sleep: async () => undefined }

test("who is overtaken while they think it over is told, and the other's change stays", async () => {
  const merchants = merchantRegistry(tables.client, SETTINGS_TABLE)
  let ids = 0
  const audit = auditLog(tables.client, MAIN_TABLE, () => `0${ids++}`)
  await merchants.add("M1", { name: "商户", timeZone: "Asia/Shanghai" }, clock.nowMs())
  const request: Request = {
    words: ["M1"],
    json: false,
    yes: false,
    force: false,
    operator: "王芳",
    reason: "x",
  }

  function disable(whileAsked: () => Promise<unknown>, agreed: boolean): Promise<Answer> {
    const desk = { stage: "test", clock, audit, merchants }
    const said: string[] = []
    const confirm = async (question: string) => {
      assert.match(question, /Sure\?/)
      assert.deepEqual(said, ["stage    test", "merchant M1, 商户"])
      await whileAsked()
      return agreed
    }
    const terminal = { interactive: true, say: (line: string) => said.push(line), confirm }
    return changeMerchant(request, desk, terminal, (seen) => ({
      ok: true,
      change: {
        action: "merchants disable",
        ask: { about: [], question: "Sure?" },
        write: () => merchants.setDisabled(seen, true),
        done: ["done"],
      },
    }))
  }

  assert.deepEqual(await disable(async () => undefined, false), {
    ok: false,
    why: "not confirmed: nothing was done",
  })
  const overtaken = await disable(async () => {
    const seen = await merchants.read("M1")
    assert.ok(seen)
    await merchants.setProfile(seen, { category: "餐饮" })
  }, true)
  assert.equal(overtaken.ok, false)
  assert.match(overtaken.ok ? "" : overtaken.why, /^somebody else changed M1 in between, so nothing was done/)
  const now = await merchants.read("M1")
  assert.deepEqual([now?.disabled, now?.category, now?.version], [false, "餐饮", 2])
  const trail = await audit.list("2025-10-09", 10)
  assert.deepEqual(
    trail.map(({ action, detail }) => [action, detail]),
    [
      ["merchants disable outcome", "refused: overtaken by another change"],
      ["merchants disable", "x"],
    ],
  )
})
