/** Plays the simulation from the command line: node test/simulation/main.ts --seeds 1000 [--seed 1] */
import { parseArgs } from "node:util"
import { brokenStory, seedLine, simulateMany } from "./simulate.ts"

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "100" }, seed: { type: "string", default: "1" } },
})
const runs = await simulateMany({ first: Number(values.seed), count: Number(values.seeds) })
for (const run of runs.broken) console.log(brokenStory(run))
for (const [what, times] of [...runs.tally].sort()) console.log(`${String(times).padStart(8)}  ${what}`)
console.log(seedLine(runs))
process.exitCode = runs.broken.length > 0 ? 1 : 0
