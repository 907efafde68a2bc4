/** Commands have a name of one word, or of two where several do things to the same: `merchants add`. */
import type { Command } from "./command.ts"
import { UsageError } from "./usage-error.ts"

/** What was meant: a command with the words after its name, or all commands that begin with that word. */
export type Meant = { command: Command; words: string[] } | { group: string; commands: Command[] }

/** Throws a UsageError that lists what there is instead. */
export function findCommand(commands: readonly Command[], words: readonly string[]): Meant | undefined {
  const [first, second] = words
  if (first === undefined) return undefined
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ")
    const command = words.length >= length ? commands.find((it) => it.name === name) : undefined
    if (command) return { command, words: words.slice(length) }
  }
  const group = commands.filter(({ name }) => name.startsWith(`${first} `))
  if (group.length === 0) {
    throw new UsageError(`there is no command "${first}": ${firstWords(commands).join(", ")}`)
  }
  if (second === undefined) return { group: first, commands: group }
  const seconds = group.map(({ name }) => name.slice(first.length + 1)).join(", ")
  throw new UsageError(`there is no command "${first} ${second}"; ${first} knows: ${seconds}`)
}

function firstWords(commands: readonly Command[]): string[] {
  return [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? ""))]
}
