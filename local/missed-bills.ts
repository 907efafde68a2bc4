import { existsSync } from "node:fs"
import { join } from "node:path"
import type { Blueprint } from "./blueprint.ts"

/**
 * Functions that are called once at a start, since a platform on one machine is often down at night: the one that has the
 * bills made which are missing, unless nothing was ever paid. Runs that were under way lived in memory; it begins them anew.
 */
export function missedRuns({ schedules, functions }: Blueprint, dataDir: string): string[] {
  const bucket = functions[0]?.environment.MOVEMENTS_BUCKET ?? ""
  if (!existsSync(join(dataDir, "objects", bucket, "movements"))) return []
  return schedules.map(({ functionName }) => functionName).filter((it) => it.endsWith("-bills"))
}
