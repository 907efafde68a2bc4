import { parseArgs } from "node:util"

export type WeekArguments = {
  seed: number
  days: number
  paymentsPerDay: number
  kills: number
  help: boolean
}

export const HELP = `npm run week -- [--seed S] [--days N] [--payments-per-day N] [--kills N]

  --seed S              what is sold, reversed and refunded is made of it; a new one each time unless given
  --days N              days with sales, 7 unless given
  --payments-per-day N  orders a day at all tills together, 100 unless given
  --kills N             functions killed in the whole week, 30 unless given (found on Linux only)`

const LIMITS = {
  seed: { least: 0, most: 2 ** 32 - 1 },
  days: { least: 1, most: 60 },
  "payments-per-day": { least: 10, most: 100_000 },
  kills: { least: 0, most: 100_000 },
} as const

const DEFAULTS = { days: 7, "payments-per-day": 100, kills: 30 }

/** A text says what is wrong with the arguments. */
export function readWeekOptions(
  args: readonly string[],
  newSeed = () => Date.now() % 1_000_000,
): WeekArguments | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: "string" },
        days: { type: "string" },
        "payments-per-day": { type: "string" },
        kills: { type: "string" },
        help: { type: "boolean", default: false },
      },
    })
    const number = (name: keyof typeof LIMITS, otherwise: number) =>
      wholeNumber(name, values[name] ?? String(otherwise))
    return {
      seed: number("seed", newSeed()),
      days: number("days", DEFAULTS.days),
      paymentsPerDay: number("payments-per-day", DEFAULTS["payments-per-day"]),
      kills: number("kills", DEFAULTS.kills),
      help: values.help,
    }
  } catch (fault) {
    return (fault as Error).message
  }
}

function wholeNumber(name: keyof typeof LIMITS, text: string): number {
  const { least, most } = LIMITS[name]
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) throw new Error(`--${name} must be ${least} to ${most}`)
  return value
}
