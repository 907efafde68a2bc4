import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ulid } from "ulid"
import type { InvocationOutcome } from "./function-pool.ts"

/** Keeps what no try could deliver as files: a batch of stream records each, or an event. In the cloud they go elsewhere. */
export function keepFailedRecords(dir: string, functionName: string) {
  return async (event: string, lastOutcome: InvocationOutcome): Promise<void> => {
    mkdirSync(dir, { recursive: true })
    const kept = { functionName, lastOutcome, event: JSON.parse(event) as unknown }
    writeFileSync(join(dir, `${functionName}-${ulid()}.json`), `${JSON.stringify(kept, undefined, 2)}\n`)
  }
}
