import type { Command } from "./command.ts"
import { stateOf } from "./merchant-words.ts"

/** Merchants that are read at the same time. */
const AT_ONCE = 25

export const merchantsList: Command = {
  name: "merchants list",
  words: "",
  summary: "All merchants, by number",
  details: [],
  takes: ["json"],
  wordCount: { min: 0, max: 0 },
  async run({ json }, { merchants }) {
    const ids = await merchants.ids()
    const found = []
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const read = await Promise.all(ids.slice(from, from + AT_ONCE).map((it) => merchants.read(it)))
      found.push(...read.filter((it) => it !== undefined))
    }
    if (json) {
      return {
        ok: true,
        lines: [],
        json: found.map((it) => ({ merchantId: it.merchantId, name: it.name, state: stateOf(it) })),
      }
    }
    if (found.length === 0) return { ok: true, lines: ["There is no merchant yet: merchants add."] }
    const width = Math.max(...found.map((it) => it.merchantId.length))
    const lines = found.map((it) => `${it.merchantId.padEnd(width)}  ${stateOf(it).padEnd(8)}  ${it.name}`)
    return { ok: true, lines }
  },
}
