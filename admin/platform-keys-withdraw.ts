import { publishedAt, type SigningState, signingState } from "../domain/signing-keys.ts"
import { type Withdrawal, withdrawSigningKey } from "../usecases/rotate-signing-key.ts"
import { askFirst } from "./ask-first.ts"
import type { Answer, Command } from "./command.ts"
import { recorded, whoAndWhy } from "./recorded.ts"
import { localTime } from "./times.ts"

/** For a compromised key. Its consequences stand here in the words that the person reads before they decide. */
export const platformKeysWithdraw: Command = {
  name: "platform-keys withdraw",
  words: "KEY_ID",
  summary: "Ends a compromised signing key, at once or within minutes",
  details: [
    "A key that signs is replaced ten minutes later, by the next one or a new one, and leaves the list then: by",
    "that time every function that is at work has the other. A next or a replaced key leaves the list at once.",
    "Merchants' programs believe a withdrawn key as long as they keep their list: this SDK for an hour of use at",
    "most, others until they fetch it; tell the merchants. Nothing paid is touched.",
  ],
  takes: ["operator", "reason", "yes", "json"],
  wordCount: { min: 1, max: 1 },
  async run(request, desk, terminal) {
    const [keyId = ""] = request.words
    const { platformKeys, clock, stage } = desk
    const published = publishedAt((await platformKeys.store.read())?.signing ?? [], clock.nowMs())
    const key = published.find((it) => it.keyId === keyId)
    if (!key) return unknownKey(keyId)
    const state = signingState(key, clock.nowMs())
    const about = [`stage    ${stage}`, `key      ${keyId} (${state})`, ...CONSEQUENCES[state]]
    const declined = await askFirst({ about, question: `Withdraw ${keyId}?` }, request, terminal)
    if (declined) return declined
    return recorded(
      desk,
      { action: "platform-keys withdraw", subject: keyId, ...whoAndWhy(request) },
      async () => answerTo(keyId, await withdrawSigningKey(platformKeys, keyId)),
      (answer) => (answer.ok ? (answer.lines[0] ?? "done") : `refused: ${answer.why}`),
    )
  },
}

const CONSEQUENCES: Readonly<Record<SigningState, readonly string[]>> = {
  next: ["It has signed nothing yet and leaves the list at once; the present key signs on."],
  signing: [
    "Another key signs in ten minutes; then this one leaves the list. Merchants' programs fetch the list by",
    "themselves when they meet the other key. One that cannot takes the results of its calls for unknown: it must",
    "be given the new list. An answer of a function that was asleep may be signed with this key once more; its",
    "caller cannot verify it and asks again.",
  ],
  replaced: [
    "It signs no more and leaves the list at once: answers of yesterday cannot be verified any more.",
  ],
  gone: [],
}

function answerTo(keyId: string, withdrawal: Withdrawal): Answer {
  switch (withdrawal.code) {
    case "KEY_UNKNOWN":
      return unknownKey(keyId)
    case "wasSigning": {
      const { keyId: nextId, signsFromMs } = withdrawal.next
      const line = `${nextId} signs from ${localTime(signsFromMs)}; ${keyId} leaves the list then.`
      return { ok: true, lines: [line], json: { keyId, next: nextId, signsFromMs } }
    }
    case "wasNext":
    case "wasReplaced":
      return {
        ok: true,
        lines: [`${keyId} is out of the list, which functions serve for a minute at most.`],
        json: { keyId },
      }
  }
}

function unknownKey(keyId: string): Answer {
  return { ok: false, why: `no key ${keyId} is in the list: platform-keys list shows those there are` }
}
