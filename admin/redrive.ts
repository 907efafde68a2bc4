import type { Command } from "./command.ts"
import type { Counts } from "./queue-counts.ts"

/** How many questions wait, and how many failed too often. */
export const redrive: Command = {
  name: "redrive",
  words: "",
  summary: "How many questions to the channels wait, and how many are dead letters",
  details: [
    "Dead letters are put back by themselves, and their orders stand on the exceptions desk: there is nothing to",
    "redrive by hand. Dead letters that stay mean that the function deadletters fails: see its log.",
  ],
  takes: ["json"],
  wordCount: { min: 0, max: 0 },
  async run({ json }, desk) {
    const found = await desk.queueCounts()
    if (json) return { ok: true, lines: [], json: found }
    return {
      ok: true,
      lines: [
        ...found.flatMap(({ channel, polls, deadLetters }) => [
          `${channel.padEnd(10)} questions     ${inWords(polls)}`,
          `${"".padEnd(10)} dead letters  ${deadLetters ? inWords(deadLetters) : "no such queue"}`,
        ]),
        "Dead letters are put back by themselves.",
      ],
    }
  },
}

function inWords({ waiting, delayed, inFlight }: Counts): string {
  return `${waiting} waiting, ${delayed} for later, ${inFlight} being worked on`
}
