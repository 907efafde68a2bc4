import { DEFAULT_TIME_ZONE, localDateTime } from "../domain/days.ts"
import type { AuditEntry, AuditLog } from "../usecases/ports.ts"
import type { Command } from "./command.ts"
import { localTime } from "./times.ts"

const SHOWN = 50
/** Entries of one of the log's own days that are looked through: far more than people do in one. */
const MOST_READ = 10_000
const DAY_MS = 86_400_000

/** H4: who did what. */
export const audit: Command = {
  name: "audit",
  words: "",
  summary: "Who did what and when, the latest first",
  details: [
    `A day is one of ${DEFAULT_TIME_ZONE}. Each action is written before it is done, and again with its outcome.`,
  ],
  takes: ["day", "limit", "json"],
  wordCount: { min: 0, max: 0 },
  async run({ day, limit = SHOWN, json }, desk) {
    const shown = day ?? localTime(desk.clock.nowMs()).slice(0, 10)
    const entries = (await entriesOf(desk.audit, shown)).slice(0, limit)
    if (json) return { ok: true, lines: [], json: entries }
    if (entries.length === 0) return { ok: true, lines: [`Nobody did anything on ${shown}.`] }
    return { ok: true, lines: entries.map(describe) }
  },
}

/** The log keeps days of UTC: a local day has its entries in two or three of them. */
async function entriesOf(log: AuditLog, day: string): Promise<AuditEntry[]> {
  const noonMs = Date.parse(`${day}T12:00:00Z`)
  const days = [noonMs + DAY_MS, noonMs, noonMs - DAY_MS].map((atMs) =>
    new Date(atMs).toISOString().slice(0, 10),
  )
  const read = await Promise.all(days.map((it) => log.list(it, MOST_READ)))
  const wanted = day.replaceAll("-", "")
  return read.flat().filter(({ atMs }) => localDateTime(atMs).date === wanted)
}

function describe({ atMs, operator, action, subject, detail = "" }: AuditEntry): string {
  return `${localTime(atMs)}  ${operator}  ${action}  ${subject}  ${detail}`.trimEnd()
}
