import { sealingUnder } from "../persistence/sealed-values.ts"
import { countSealed } from "../usecases/reseal-values.ts"
import { type Retirement, retireDataKey } from "../usecases/rotate-data-key.ts"
import { askFirst } from "./ask-first.ts"
import type { Command } from "./command.ts"
import { recorded, whoAndWhy } from "./recorded.ts"
import { UsageError } from "./usage-error.ts"

export const platformKeysRetire: Command = {
  name: "platform-keys retire",
  words: "VERSION",
  summary: "Retires a data key that nothing is sealed under any more",
  details: [
    "Refused while anything is: every secret is opened first, to see. Functions open with it for 24 hours more.",
    "Version 1 stays the root of payment ids and fingerprints of orders for good; it is retired for secrets only.",
  ],
  takes: ["operator", "reason", "yes", "json"],
  wordCount: { min: 1, max: 1 },
  async run(request, desk, terminal) {
    const [word = ""] = request.words
    if (!/^[1-9]\d{0,4}$/.test(word))
      throw new UsageError("VERSION is a number: platform-keys list shows them")
    const version = Number(word)
    const { platformKeys, clock, stage } = desk
    const about = [`stage    ${stage}`, `key      data key ${version}`]
    const question = `What is sealed under data key ${version} in some backup only will not open any more. Retire it?`
    const declined = await askFirst({ about, question }, request, terminal)
    if (declined) return declined
    const sealing = sealingUnder(await platformKeys.fieldKeysAt(clock.nowMs()))
    /** What does not open may be under any key. */
    const usesOf = async (asked: number) => {
      const { byVersion, faults } = await countSealed(platformKeys.values, sealing)
      return (byVersion.get(asked) ?? 0) + faults.length
    }
    const retired = await recorded(
      desk,
      { action: "platform-keys retire", subject: `data key ${version}`, ...whoAndWhy(request) },
      () => retireDataKey(platformKeys, version, usesOf),
      (it) => (it.ok ? "done" : `refused: ${it.code}`),
    )
    if (!retired.ok) return { ok: false, why: REFUSAL_WORDS[retired.code] }
    return { ok: true, lines: [`Data key ${version} is retired.`], json: { version, ...retired } }
  },
}

const REFUSAL_WORDS: Readonly<Record<Extract<Retirement, { ok: false }>["code"], string>> = {
  VERSION_UNKNOWN: "there is no such data key: platform-keys list shows those there are",
  ALREADY_RETIRED: "it is retired already",
  STILL_SEALS: "new secrets are sealed under it, or will be: make another first (platform-keys rotate data)",
  TOO_SOON: "the newer one has sealed for less than 24 hours: somebody may still seal under this one",
  IN_USE: "secrets are sealed under it: seal them anew first (platform-keys reseal)",
}
