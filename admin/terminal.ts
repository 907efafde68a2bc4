import { createInterface } from "node:readline/promises"
import type { Readable, Writable } from "node:stream"

/** The person who asks. */
export type Terminal = {
  /** Whether there is a person who could be asked. */
  interactive: boolean
  say(line: string): void
  /** True only for the word "yes". */
  confirm(question: string): Promise<boolean>
}

/** What is said goes beside the answer, so that the answer can be piped on. */
export function terminalOf(input: Readable & { isTTY?: boolean }, beside: Writable): Terminal {
  return {
    interactive: input.isTTY === true,
    say: (line) => beside.write(`${line}\n`),
    async confirm(question) {
      const lines = createInterface({ input, output: beside })
      const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")))
      try {
        const said = await Promise.race([lines.question(`${question} (yes/no) `), closed])
        return said.trim().toLowerCase() === "yes"
      } finally {
        lines.close()
      }
    },
  }
}
