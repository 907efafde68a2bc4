/**
 * Plays payments and a bit of everything else on a platform of its own, then searches whatever it wrote for the secrets that
 * were used: `node test/telemetry/log-search.ts --payments 10000`. Exits 1 where it finds one.
 */
import { rmSync } from "node:fs"
import { parseArgs } from "node:util"
import { type Running, runPlatform } from "../journeys/running-platform.ts"
import { playMixedDay } from "./mixed-day.ts"
import { openApp, openShop, type Shop } from "./recording-shop.ts"
import { addKeysOf, openSecrets, type Secrets } from "./secrets.ts"
import { failedRecordsOf, functionLogsOf, itemsOf, linesOf, logsOf, type Text } from "./written.ts"

export type Found = { what: string; place: string }

export type Search = {
  payments: number
  /** Of these, the ones that were paid within their call. */
  paid: number
  /** Everything that functions logged about a payment that succeeded: on average, and at most. */
  bytes: { average: number; most: number }
  /** How many secrets were looked for, in how many bytes, and where they stand, which they must not. */
  secrets: number
  searchedBytes: number
  found: Found[]
  /** What the functions logged. */
  lines: { from: string; line: Record<string, unknown> }[]
}

/** So many calls at once keep two cores busy. */
const AT_ONCE = 8

/** @param patient see playMixedDay */
export async function searchLogs(payments: number, { patient }: { patient: boolean }): Promise<Search> {
  const running = await runPlatform()
  const secrets = openSecrets()
  let items: Text[] = []
  const paid: string[] = []
  try {
    const shop = openShop(running, "M10001", secrets)
    addKeysOf(running.dataDir, secrets)
    await payAll(running, shop, payments, paid)
    await playMixedDay(running, shop, { patient })
    items = await itemsOf(running.platform)
  } finally {
    // The logs are whole once it is closed.
    await running.platform.close()
  }
  try {
    const written = [...logsOf(running.dataDir), ...failedRecordsOf(running.dataDir), ...items]
    return {
      payments,
      paid: paid.length,
      bytes: bytesOf(running.dataDir, new Set(paid)),
      secrets: secrets.count,
      searchedBytes: written.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
      found: written.flatMap((text) => misplacedIn(text, secrets)),
      lines: linesOf(running.dataDir),
    }
  } finally {
    rmSync(running.dataDir, { recursive: true, force: true })
  }
}

/** What merchants write into an order's description is their own; all else must stand nowhere. */
function misplacedIn({ place, text }: Text, secrets: Secrets): Found[] {
  return secrets
    .foundIn(text)
    .filter((what) => !(what === "phone number" && place.startsWith("item O#")))
    .map((what) => ({ what, place }))
}

/** Every second by a code of our own, which goes by agreement and is notified. */
async function payAll(running: Running, shop: Shop, payments: number, paid: string[]): Promise<void> {
  const app = await openApp(running, "U10001", shop.secrets)
  let begun = 0
  const lane = async () => {
    while (begun < payments) {
      begun += 1
      const code = begun % 2 === 0 ? shop.foreignCode() : (await app.showCode()).qrcode
      // On a busy machine the channel may not be done within the call, or the gateway give up on it: then what became of the
      // payment is found out later, and its lines are more than those of one that simply succeeds.
      const said = await shop.till.call("applypay", shop.order(code)).catch(() => undefined)
      if (said?.data.pay_status === "PS_SUCCESS") paid.push(String(said.data.pay_out_trade_no))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

/** Whatever names a payment counts, whoever logged it. */
function bytesOf(dataDir: string, paid: ReadonlySet<string>): Search["bytes"] {
  const byOrder = new Map<string, number>()
  for (const { text } of functionLogsOf(dataDir)) {
    for (const line of text.split("\n")) {
      for (const tradeNo of new Set(line.match(/(?<!\d)\d{26}(?!\d)/g))) {
        if (paid.has(tradeNo)) byOrder.set(tradeNo, (byOrder.get(tradeNo) ?? 0) + Buffer.byteLength(line) + 1)
      }
    }
  }
  const sizes = [...byOrder.values()]
  return { average: sizes.reduce((sum, size) => sum + size, 0) / paid.size, most: Math.max(...sizes) }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { payments: { type: "string", default: "10000" } } })
  const search = await searchLogs(Number(values.payments), { patient: true })
  const { average, most } = search.bytes
  const { payments, paid } = search
  console.log(
    `${payments} payments, ${paid} paid within their call: ${average.toFixed(0)} bytes of log each, ${most} at most`,
  )
  const where = `${(search.searchedBytes / 1e6).toFixed(1)} MB of logs, records and items`
  console.log(`${search.secrets} secrets looked for in ${where}: ${search.found.length} found`)
  for (const { what, place } of search.found.slice(0, 20)) console.log(`  ${what} in ${place}`)
  process.exitCode = search.found.length > 0 ? 1 : 0
}
