import type { Command } from "./command.ts"
import { COMMON_OPTIONS, describeOptions } from "./options.ts"

export function helpOfAll(commands: readonly Command[]): string {
  return [
    "Usage: npm run admin -- COMMAND [options]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(18)} ${summary}`),
    "",
    ...describeOptions(COMMON_OPTIONS),
    "",
    "COMMAND --help tells more of each. Status: 0 done, 1 refused or failed, 2 written wrongly.",
    "What may be done is decided by IAM on a stage (docs/operations/admin.md), and on this machine",
    "by who owns the state folder.",
  ].join("\n")
}

export function helpOf({ name, words, summary, details, takes }: Command): string {
  return [
    `Usage: npm run admin -- ${[name, words, "[options]"].filter((it) => it !== "").join(" ")}`,
    "",
    `${summary}.`,
    ...details,
    "",
    ...describeOptions([...takes, ...COMMON_OPTIONS]),
  ].join("\n")
}
