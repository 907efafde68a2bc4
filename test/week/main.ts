/** `npm run week`: a generated week of a shop chain on the real platform, and its bills recounted. Exits 1 on any difference. */
import { HELP, readWeekOptions } from "./week-options.ts"

const options = readWeekOptions(process.argv.slice(2))
if (typeof options === "string") {
  console.error(`week: ${options}\n\n${HELP}`)
  process.exit(2)
}
if (options.help) {
  console.log(HELP)
  process.exit(0)
}
const { playWeek } = await import("./play-week.ts")
const { seed, days, paymentsPerDay } = options
console.log(`week seed ${seed}: ${days} days of ${paymentsPerDay} payments`)
const report = await playWeek({ ...options, say: (line) => console.log(line) })
for (const difference of report.differences) console.log(`difference: ${difference}`)
const { orders, refunds, bills, kills, differences } = report
console.log(
  `week seed ${seed} orders ${orders} refunds ${refunds} bills ${bills} kills ${kills} differences ${differences.length}`,
)
process.exit(differences.length > 0 ? 1 : 0)
