/** All options of all commands: what each looks like, means and accepts. */
import { parseArgs } from "node:util"
import type { Request } from "./command.ts"
import {
  dayFrom,
  degreesFrom,
  limitFrom,
  operatorFrom,
  orNone,
  payTypesFrom,
  phoneFrom,
  printableFrom,
  reasonFrom,
  recordableFrom,
  timeZoneFrom,
  urlFrom,
  yuanFrom,
} from "./option-values.ts"
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
  force: { type: "boolean", shown: "--force", means: "also where it would be refused for safety" },
  name: { type: "string", shown: "--name TEXT", means: "what people call it" },
  "time-zone": { type: "string", shown: "--time-zone ZONE", means: "whose days count (Asia/Shanghai)" },
  category: { type: "string", shown: "--category TEXT", means: "line of business" },
  "sub-category": { type: "string", shown: "--sub-category TEXT", means: "more closely" },
  address: { type: "string", shown: "--address TEXT", means: "where the shop is" },
  phone: { type: "string", shown: "--phone NUMBER", means: "the shop's; kept encrypted, shown in part" },
  "membership-url": { type: "string", shown: "--membership-url URL", means: "where it hears of its members" },
  "phone-url": {
    type: "string",
    shown: "--phone-url URL",
    means: "where it hears of their new phone numbers",
  },
  longitude: { type: "string", shown: "--longitude=DEGREES", means: "east of Greenwich; west is negative" },
  latitude: { type: "string", shown: "--latitude=DEGREES", means: "north of the equator" },
  "average-spend": { type: "string", shown: "--average-spend YUAN", means: "of a customer, such as 38.50" },
  "public-key": { type: "string", shown: "--public-key FILE", means: "in PEM; - is standard input" },
  "pay-types": { type: "string", shown: "--pay-types A,B", means: "that use it, such as WECHAT" },
  settings: { type: "string", shown: "--settings FILE", means: "JSON object of texts; - is standard input" },
} as const

export type OptionName = keyof typeof OPTIONS
export const COMMON_OPTIONS = ["data", "stage", "help"] as const satisfies readonly OptionName[]

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
  const by = values.operator ?? env.METRO_PAY_OPERATOR
  return {
    words,
    json: values.json ?? false,
    yes: values.yes ?? false,
    force: values.force ?? false,
    limit: read(values.limit, limitFrom),
    day: read(values.day, dayFrom),
    operator: takes.includes("operator") ? operatorFrom(by) : undefined,
    reason: takes.includes("reason") ? reasonFrom(values.reason) : undefined,
    name: read(values.name, recordableFrom("name", 64)),
    timeZone: read(values["time-zone"], timeZoneFrom),
    category: read(values.category, orNone(recordableFrom("category", 32))),
    subCategory: read(values["sub-category"], orNone(recordableFrom("sub-category", 32))),
    address: read(values.address, orNone(printableFrom("address", 128))),
    phone: read(values.phone, orNone(phoneFrom)),
    membershipUrl: read(values["membership-url"], orNone(urlFrom("membership-url"))),
    phoneUrl: read(values["phone-url"], orNone(urlFrom("phone-url"))),
    longitude: read(values.longitude, orNone(degreesFrom("longitude", 180))),
    latitude: read(values.latitude, orNone(degreesFrom("latitude", 90))),
    averageSpendFen: read(values["average-spend"], orNone(yuanFrom("average-spend"))),
    publicKeyFile: values["public-key"],
    payTypes: read(values["pay-types"], payTypesFrom),
    settingsFile: values.settings,
  }
}

/** "--limit N … means", in columns. */
export function describeOptions(names: readonly OptionName[]): string[] {
  const width = Math.max(...names.map((name) => OPTIONS[name].shown.length)) + 2
  return names.map((name) => `  ${OPTIONS[name].shown.padEnd(width)}${OPTIONS[name].means}`)
}

function read<T>(text: string | undefined, from: (text: string) => T): T | undefined {
  return text === undefined ? undefined : from(text)
}
