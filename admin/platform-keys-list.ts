import { type DataKeyState, dataKeyState } from "../domain/data-keys.ts"
import { KEPT_MS, type SigningState, signingState } from "../domain/signing-keys.ts"
import type { DataKey, SigningKey } from "../usecases/platform-keys.ts"
import type { Command } from "./command.ts"
import { localTime } from "./times.ts"

export const platformKeysList: Command = {
  name: "platform-keys list",
  words: "",
  summary: "The platform's own keys: which sign and seal, since when and until when",
  details: ["Ids and times, no secrets. How keys live: docs/operations/keys.md."],
  takes: ["json"],
  wordCount: { min: 0, max: 0 },
  async run({ json }, { clock, platformKeys }) {
    const keys = await platformKeys.store.read()
    if (!keys) return { ok: false, why: "the platform's keys have not been made yet: deploy the stage" }
    const nowMs = clock.nowMs()
    const signing = keys.signing.map((key) => ({ key, state: signingState(key, nowMs) }))
    const data = keys.data.map((key) => ({ key, state: dataKeyState(keys.data, key, nowMs) }))
    const answer = {
      signing: signing.map(({ key: { publicKey: _, wrappedPrivateKey: __, ...it }, state }) => ({
        ...it,
        state,
      })),
      data: data.map(({ key: { wrapped: _, ...it }, state }) => ({ ...it, state })),
    }
    if (json) return { ok: true, lines: [], json: answer }
    const lines = [
      "Answers to merchants are signed with",
      ...signing.map(({ key, state }) => `  ${key.keyId}  ${SIGNING_WORDS[state](key)}`),
      "",
      "Secrets in tables are sealed under data key",
      ...data.map(({ key, state }) => `  ${key.version}  ${DATA_WORDS[state](key)}`),
    ]
    return { ok: true, lines }
  },
}

const until = (key: SigningKey) => localTime(key.retiredAtMs ?? 0)

const SIGNING_WORDS: Readonly<Record<SigningState, (key: SigningKey) => string>> = {
  next: (key) =>
    `next, in the list since ${localTime(key.publishedAtMs)}, signs from ${localTime(key.signsFromMs)}`,
  signing: (key) =>
    `signs since ${localTime(key.signsFromMs)}${key.retiredAtMs === undefined ? "" : ` until ${until(key)}`}${key.withdrawn ? ", withdrawn" : ""}`,
  replaced: (key) =>
    `signed until ${until(key)}, in the list until ${localTime((key.retiredAtMs ?? 0) + KEPT_MS)}`,
  gone: (key) => `signed until ${until(key)}, not in the list any more`,
}

const DATA_WORDS: Readonly<Record<DataKeyState, (key: DataKey) => string>> = {
  next: (key) => `next, seals from ${localTime(key.sealsFromMs)}`,
  sealing: (key) => `seals since ${localTime(key.sealsFromMs)}`,
  opening: () => "opens what it sealed, seals nothing new",
  retired: (key) => `retired on ${localTime(key.retiredAtMs ?? 0)}`,
}
