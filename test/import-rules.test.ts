import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { promisify } from "node:util"

const ROOT = join(import.meta.dirname, "..")
const BIOME = join(ROOT, "node_modules", ".bin", "biome")

/** Who may not import what: one forbidden import for each rule of the house. */
const FORBIDDEN: readonly [room: string, from: string][] = [
  ["domain", "../../persistence/keys.ts"],
  ["domain", "zod"],
  ["domain", "node:fs"],
  ["api", "../../domain/hash.ts"],
  ["usecases", "../../persistence/keys.ts"],
  ["usecases", "../../channels/wechat/client.ts"],
  ["usecases", "@aws-sdk/client-dynamodb"],
  ["channels", "../../persistence/keys.ts"],
  ["persistence", "../../http/envelope.ts"],
  ["http", "../../usecases/apply-pay.ts"],
  ["http", "@aws-sdk/client-kms"],
  ["functions", "../../channels/wechat/simulator.ts"],
  ["functions", "../../local/platform.ts"],
  ["infra", "../../domain/order.ts"],
  ["sdk", "../../domain/order.ts"],
]

const ALLOWED: readonly [room: string, from: string][] = [
  ["domain", "node:crypto"],
  ["api", "zod"],
  ["usecases", "../../domain/order.ts"],
  ["persistence", "../../usecases/ports.ts"],
  ["http", "../../api/errors.ts"],
  ["functions", "../../usecases/apply-pay.ts"],
  ["sdk", "../../api/errors.ts"],
]

test("the linter knows who may import whom", async () => {
  for (const [room, from] of FORBIDDEN)
    assert.ok(await isRefused(room, from), `${room} must not import ${from}`)
  for (const [room, from] of ALLOWED) assert.ok(!(await isRefused(room, from)), `${room} may import ${from}`)
})

async function isRefused(room: string, from: string): Promise<boolean> {
  const folder = mkdtempSync(join(ROOT, room, "rule-"))
  try {
    const file = join(folder, "planted.ts")
    writeFileSync(file, `import * as planted from "${from}"\n\nexport const used = planted\n`)
    const linted = await promisify(execFile)(BIOME, ["lint", file], { cwd: ROOT }).catch((failed) => failed)
    return `${linted.stdout}${linted.stderr}`.includes("noRestrictedImports")
  } finally {
    rmSync(folder, { recursive: true })
  }
}
