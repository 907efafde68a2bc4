import type { PayType } from "../domain/channel.ts"
import type { Desk } from "./desk.ts"
import type { OptionName } from "./options.ts"
import type { Terminal } from "./terminal.ts"

/** What was asked for, checked: options that a command does not take are never set. */
export type Request = {
  /** What follows the command's name. */
  words: readonly string[]
  json: boolean
  limit?: number
  /** `YYYY-MM-DD`. */
  day?: string
  operator?: string
  reason?: string
  yes: boolean
  force: boolean
  name?: string
  /** An IANA name. */
  timeZone?: string
  /** Here and below: null takes away what stood there. */
  category?: string | null
  subCategory?: string | null
  address?: string | null
  phone?: string | null
  membershipUrl?: string | null
  phoneUrl?: string | null
  /** Degrees. */
  longitude?: number | null
  latitude?: number | null
  averageSpendFen?: number | null
  /** A file's name, or `-` for standard input. */
  publicKeyFile?: string
  settingsFile?: string
  payTypes?: readonly PayType[]
}

/** What came of it. A refusal is one line that says why. */
export type Answer = { ok: true; lines: readonly string[]; json?: unknown } | { ok: false; why: string }

export type Command = {
  name: string
  /** What is to be written after the name. */
  words: string
  summary: string
  /** Further lines of its help. */
  details: readonly string[]
  /** Besides those that every command takes. */
  takes: readonly OptionName[]
  /** How many words may follow. */
  wordCount: { min: number; max: number }
  run(request: Request, desk: Desk, terminal: Terminal): Promise<Answer>
}
