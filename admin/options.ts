/** All options of all commands: what each looks like, means and accepts. */
import { parseArgs } from "node:util"
import type { Request } from "./command.ts"
import { UsageError } from "./usage-error.ts"

const OPTIONS = {
  data: { type: "string", shown: "--data DIR", means: "state folder of a local platform (.local)" },
  stage: { type: "string", shown: "--stage NAME", means: "a deployed stage, with your AWS credentials" },
  help: { type: "boolean", shown: "--help", means: "show this" },
  json: { type: "boolean", shown: "--json", means: "answer in JSON" },
  limit: { type: "string", shown: "--limit N", means: "show at most so many (50)" },
  day: { type: "string", shown: "--day YYYY-MM-DD", means: "another day than today" },
  operator: { type: "string", shown: "--operator NAME", means: "who asks (or METRO_PAY_OPERATOR)" },
  reason: { type: "string", shown: "--reason TEXT", means: "why, for the audit log" },
  yes: { type: "boolean", shown: "--yes", means: "do not ask, for scripts" },
} as const

export type OptionName = keyof typeof OPTIONS
export const COMMON_OPTIONS = ["data", "stage", "help"] as const satisfies readonly OptionName[]

const MOST_SHOWN = 1_000

export type Given = ReturnType<typeof readGiven>

/** Options and words as they were written. Throws a UsageError for an option that no command knows. */
export function readGiven(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
    return { values, words: positionals }
  } catch (fault) {
    // Only its first sentence says what is wrong; the rest explains how to escape dashes.
    const [what] = (fault as Error).message.split(/\. |\n/)
    throw new UsageError(`${what}; --help lists the options`)
  }
}

/** Throws a UsageError that names what is not accepted. */
export function checkRequest(
  { values, words }: Given,
  takes: readonly OptionName[],
  env: NodeJS.ProcessEnv,
): Request {
  const known: readonly string[] = [...COMMON_OPTIONS, ...takes]
  const foreign = Object.keys(values).find((name) => !known.includes(name))
  if (foreign !== undefined)
    throw new UsageError(`this command takes no --${foreign}; --help lists what it takes`)
  const by = takes.includes("operator") ? (values.operator ?? env.METRO_PAY_OPERATOR) : undefined
  return {
    words,
    json: values.json ?? false,
    yes: values.yes ?? false,
    ...(values.limit === undefined ? {} : { limit: limitFrom(values.limit) }),
    ...(values.day === undefined ? {} : { day: dayFrom(values.day) }),
    ...(takes.includes("operator") ? { operator: operatorFrom(by) } : {}),
    ...(takes.includes("reason") ? { reason: reasonFrom(values.reason) } : {}),
  }
}

/** "--limit N … means", in columns. */
export function describeOptions(names: readonly OptionName[]): string[] {
  return names.map((name) => `  ${OPTIONS[name].shown.padEnd(18)} ${OPTIONS[name].means}`)
}

function limitFrom(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MOST_SHOWN) throw new UsageError(`--limit is a number from 1 to ${MOST_SHOWN}`)
  return limit
}

function dayFrom(text: string): string {
  const atMs = Date.parse(`${text}T00:00:00Z`)
  if (
    !/^\d{4}-\d{2}-\d{2}$/.test(text) ||
    Number.isNaN(atMs) ||
    !new Date(atMs).toISOString().startsWith(text)
  )
    throw new UsageError("--day is a day, written YYYY-MM-DD")
  return text
}

function operatorFrom(text: string | undefined): string {
  if (text === undefined) throw new UsageError("--operator NAME is needed (or METRO_PAY_OPERATOR): who asks")
  if (!isPrintable(text, 64)) throw new UsageError("--operator is a name of 1 to 64 printable characters")
  return text
}

function reasonFrom(text: string | undefined): string {
  if (text === undefined) throw new UsageError("--reason TEXT is needed: it goes into the audit log")
  if (!isPrintable(text, 200)) throw new UsageError("--reason is a text of 1 to 200 printable characters")
  if (LOOKS_SECRET.test(text)) {
    throw new UsageError(
      "--reason must hold no payment code and no phone number: the audit log is kept for good",
    )
  }
  return text
}

/** Payment codes have 16 to 24 digits (docs/codes.md), mobile numbers 11; numbers of orders have 26 and more. */
const LOOKS_SECRET = /(?<!\d)(\d{16,24}|1[3-9]\d{9})(?!\d)/

function isPrintable(text: string, most: number): boolean {
  return text.trim() !== "" && [...text].length <= most && !/\p{C}/u.test(text)
}
