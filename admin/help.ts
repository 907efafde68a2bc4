import type { Command } from "./command.ts"
import type { Meant } from "./command-names.ts"
import { COMMON_OPTIONS, describeOptions } from "./options.ts"

export function helpOfAll(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2
  return [
    "Usage: npm run admin -- COMMAND [options]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    "",
    ...describeOptions(COMMON_OPTIONS),
    "",
    "COMMAND --help tells more of each. Status: 0 done, 1 refused or failed, 2 written wrongly.",
    "What may be done is decided by IAM on a stage (docs/operations/admin.md), and on this machine",
    "by who owns the state folder.",
  ].join("\n")
}

export function helpOf(meant: Meant): string {
  return "group" in meant ? helpOfGroup(meant.group, meant.commands) : helpOfCommand(meant.command)
}

function helpOfGroup(group: string, commands: readonly Command[]): string {
  const shown = commands.map(({ name, words }) => `${name} ${words}`.trimEnd())
  const width = Math.max(...shown.map((it) => it.length)) + 2
  return [
    `Usage: npm run admin -- ${group} ${commands.map((it) => it.name.slice(group.length + 1)).join(" | ")} [options]`,
    "",
    ...commands.map(({ summary }, at) => `  ${(shown[at] ?? "").padEnd(width)}${summary}`),
    "",
    `${group} COMMAND --help tells more of each.`,
  ].join("\n")
}

function helpOfCommand({ name, words, summary, details, takes }: Command): string {
  return [
    `Usage: npm run admin -- ${[name, words, "[options]"].filter((it) => it !== "").join(" ")}`,
    "",
    `${summary}.`,
    ...details,
    "",
    ...describeOptions([...takes, ...COMMON_OPTIONS]),
  ].join("\n")
}
