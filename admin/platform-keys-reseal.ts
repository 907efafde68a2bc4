import { sealingUnder } from "../persistence/sealed-values.ts"
import { type Resealed, resealValues } from "../usecases/reseal-values.ts"
import type { Answer, Command } from "./command.ts"
import { recorded, whoAndWhy } from "./recorded.ts"

/** Progress is shown about so often in all. */
const SHOWN_TIMES = 20

export const platformKeysReseal: Command = {
  name: "platform-keys reseal",
  words: "",
  summary: "Seals every secret that is under an older data key under the one in use",
  details: [
    "Each is opened, sealed, opened again and written only where it still stands as it was. It harms nobody at",
    "work and may be interrupted: begun again it goes on with what is left.",
  ],
  takes: ["operator", "reason", "json"],
  wordCount: { min: 0, max: 0 },
  async run(request, desk, terminal) {
    const { platformKeys, clock } = desk
    const keys = await platformKeys.fieldKeysAt(clock.nowMs())
    const subject = `data key ${keys.sealsUnder}`
    const resealed = await recorded(
      desk,
      { action: "platform-keys reseal", subject, ...whoAndWhy(request) },
      () =>
        resealValues(platformKeys.values, sealingUnder(keys), (done, of) => {
          const step = Math.max(1, Math.floor(of / SHOWN_TIMES))
          if (done % step === 0 || done === of) terminal.say(`${done} of ${of} parts`)
        }),
      inShort,
    )
    return answerTo(resealed, subject)
  },
}

function inShort({ values, resealed, overtaken, faults }: Resealed): string {
  return `${values} values, ${resealed} sealed anew, ${overtaken} written by others meanwhile, ${faults.length} failed`
}

function answerTo(result: Resealed, subject: string): Answer {
  const [first] = result.faults
  if (first) {
    return {
      ok: false,
      why: `${inShort(result)}, the first: ${first.place.pk} ${first.place.sk}: ${first.reason}`,
    }
  }
  const { values, resealed, overtaken } = result
  return {
    ok: true,
    lines: [`Everything is sealed under ${subject}: ${inShort(result)}.`],
    json: { values, resealed, overtaken },
  }
}
