/** What a platform wrote where people and tools read it. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb"
import { clientOptions } from "../../local/account.ts"
import type { Platform } from "../../local/platform.ts"

export type Text = { place: string; text: string }

/** Folders of the state folder that hold logs, and what was kept of records and events that could not be dealt with. */
const LOGS = "logs"
const FAILED = ["failed-stream", "failed-events"]

/** Every log file, as it stands now: whole once the platform is closed. */
export function logsOf(dataDir: string): Text[] {
  return filesIn(join(dataDir, LOGS))
}

export function failedRecordsOf(dataDir: string): Text[] {
  return FAILED.flatMap((name) => filesIn(join(dataDir, name)))
}

/** The logs of the functions only. */
export function functionLogsOf(dataDir: string): Text[] {
  return logsOf(dataDir).filter(({ place }) => basename(place).startsWith("MetroPay-"))
}

/** What functions logged, line by line, and which of them did. */
export function linesOf(dataDir: string): { from: string; line: Record<string, unknown> }[] {
  return functionLogsOf(dataDir).flatMap(({ place, text }) => {
    const from = /-([a-z]+)\.log$/.exec(place)?.[1] ?? ""
    const lines = text.split("\n").filter((line) => line !== "")
    return lines.map((line) => ({ from, line: JSON.parse(line) }))
  })
}

/** Every item of the main table: orders with their events, the exceptions desk, the audit log and all else. */
export async function itemsOf(platform: Platform): Promise<Text[]> {
  const client = new DynamoDBClient(clientOptions(platform.endpoints.dynamodb, platform.credentials))
  const items: Text[] = []
  try {
    for await (const page of paginateScan({ client }, { TableName: platform.tables.main }))
      for (const item of page.Items ?? [])
        items.push({ place: `item ${item.pk?.S} ${item.sk?.S}`, text: JSON.stringify(item) })
  } finally {
    client.destroy()
  }
  return items
}

function filesIn(dir: string): Text[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((place) => ({ place, text: readFileSync(place, "utf8") }))
}
