import assert from "node:assert/strict"
import { localDateTime } from "../../domain/days.ts"
import { checkBillFile } from "../../sdk/bill-proof.ts"
import { callAsScheduled } from "./deployed-functions.ts"
import { waitForExecution } from "./executions.ts"
import type { Machine } from "./machine.ts"
import { MERCHANT, type Till } from "./open-till.ts"

/** A day is closed some time after midnight (domain/bill-day.ts); until then the day before it is the last with a bill. */
const CLOSED_AFTER_MS = (24 + 1) * 60 * 60_000

/** The last day whose bill can be made now, `yyyyMMdd`. */
function lastBillDay(): string {
  return localDateTime(Date.now() - CLOSED_AFTER_MS).date
}

/** Begins a run as the schedule does and waits for its end. */
export async function makeBills({ emulator }: Machine): Promise<void> {
  const { date } = localDateTime(Date.now())
  await callAsScheduled(emulator, "bills")
  await waitForExecution(emulator, "daily-bills", date)
}

/** The day before the merchant was there: an empty bill, whose file is whole and signed with the root key all the same. */
export async function readBill({ client }: Till, { stage, operator }: Machine): Promise<void> {
  const date = lastBillDay()
  assert.deepEqual(await client.bill({ date }), { date, bill_infos: [] })
  const download = await client.billDownload({ date })
  const response = await fetch(download.url)
  assert.equal(response.status, 200)
  const file = Buffer.from(await response.arrayBuffer())
  const checked = checkBillFile(file, download, await stage.rootKey(), MERCHANT)
  assert.ok(checked.ok, checked.ok ? "" : checked.why)
  assert.deepEqual([download.lines, checked.statement.sha256], [0, download.sha256])
  const day = date.replace(/^(....)(..)(..)$/, "$1-$2-$3")
  const shown = await operator.look("bills", "--day", day)
  assert.match(shown, new RegExp(`^${date}  complete: 1 bills of 0 movements`))
}
