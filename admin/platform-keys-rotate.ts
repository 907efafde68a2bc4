import { type DataRotation, rotateDataKey } from "../usecases/rotate-data-key.ts"
import { rotateSigningKey, type SigningRotation } from "../usecases/rotate-signing-key.ts"
import { askFirst } from "./ask-first.ts"
import type { Answer, Command } from "./command.ts"
import type { PlatformKeyDesk } from "./platform-key-desk.ts"
import { recorded, whoAndWhy } from "./recorded.ts"
import { localTime } from "./times.ts"
import { UsageError } from "./usage-error.ts"

export const platformKeysRotate: Command = {
  name: "platform-keys rotate",
  words: "signing|data",
  summary: "Makes the next key; it is used 24 hours later",
  details: [
    "signing: answers to merchants. The next key is in the list at once, the present one stays there a day longer.",
    "data: secrets in tables. What is sealed opens on; afterwards see platform-keys reseal and retire.",
    "Rehearse before the day is over: platform-keys rehearse. Until then a key can be taken back (withdraw).",
  ],
  takes: ["operator", "reason", "yes", "json"],
  wordCount: { min: 1, max: 1 },
  async run(request, desk, terminal) {
    const kind = KINDS.find(({ word }) => word === request.words[0])
    if (!kind) throw new UsageError("write: platform-keys rotate signing, or: platform-keys rotate data")
    const about = [`stage    ${desk.stage}`, `key      ${kind.about}`]
    const declined = await askFirst({ about, question: kind.question }, request, terminal)
    if (declined) return declined
    return recorded(
      desk,
      { action: "platform-keys rotate", subject: kind.word, ...whoAndWhy(request) },
      () => kind.rotate(desk.platformKeys),
      (answer) => (answer.ok ? (answer.lines[0] ?? "done") : `refused: ${answer.why}`),
    )
  },
}

type Kind = {
  word: "signing" | "data"
  about: string
  question: string
  rotate(keys: PlatformKeyDesk): Promise<Answer>
}

const KINDS: readonly Kind[] = [
  {
    word: "signing",
    about: "the one that answers to merchants are signed with",
    question:
      "A new key is published now and signs in 24 hours. Merchants whose programs keep the list for longer than that must fetch it. Begin?",
    rotate: async (keys) => afterSigning(await rotateSigningKey(keys)),
  },
  {
    word: "data",
    about: "the one that secrets in tables are sealed under",
    question: "A new data key is made now and seals in 24 hours; what is sealed opens on. Begin?",
    rotate: async (keys) => afterData(await rotateDataKey(keys)),
  },
]

function afterSigning({ begun, next }: SigningRotation): Answer {
  const signsFrom = localTime(next.signsFromMs)
  if (!begun) return { ok: false, why: `the key ${next.keyId} waits already, and signs from ${signsFrom}` }
  return {
    ok: true,
    lines: [`${next.keyId} is in the list and signs from ${signsFrom}.`],
    json: { keyId: next.keyId, signsFromMs: next.signsFromMs },
  }
}

function afterData({ begun, next }: DataRotation): Answer {
  const sealsFrom = localTime(next.sealsFromMs)
  if (!begun) return { ok: false, why: `data key ${next.version} waits already, and seals from ${sealsFrom}` }
  return {
    ok: true,
    lines: [`Data key ${next.version} is made and seals from ${sealsFrom}.`],
    json: { version: next.version, sealsFromMs: next.sealsFromMs },
  }
}
