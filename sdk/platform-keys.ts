import { createPublicKey, type JsonWebKey, KeyObject } from "node:crypto"
import { type ReceivedAnswer, type SentRequest, verifyAnswer } from "./verify-answer.ts"

/** As in `platform_keys.json` and at `GET …/keys`; `kid` is the `keyid` of answers. */
export type PlatformKeySet = { keys: readonly (JsonWebKey & { kid?: string })[] }

/** Fetches the list of keys, unsigned: gives the answer and the request it answers. */
export type FetchKeyList = (signal: AbortSignal) => Promise<{ answer: ReceivedAnswer; request: SentRequest }>

/** A key that signs was in the list for at least ten minutes before: whoever looked a minute ago need not look again. */
const LOOKED_MS = 60_000
/** After a look that failed. */
const TRY_AGAIN_AFTER_MS = 1_000
/** How long a key that was withdrawn because it is compromised may still be believed here. */
const LOOK_AGAIN_AFTER_MS = 60 * 60_000
const ONE_LOOK_MS = 10_000

/**
 * The keys that answers are verified with. The platform changes them from time to time, and publishes a new one a day
 * before its first use; an unknown one makes the list be fetched again, and believed only if the root key signed it. The
 * list is fetched anew every hour of use too, beside the calls, since a compromised key is taken out of it. Whatever ids
 * stand in answers, it is fetched once a minute at most.
 */
export class PlatformKeys {
  #keys: ReadonlyMap<string, KeyObject>
  readonly #rootKey: KeyObject | undefined
  readonly #fetchList: FetchKeyList
  #looking: Promise<void> | undefined
  /** Wall time of the last look, and from when on the next may be made. */
  #look: { atMs: number; notBeforeMs: number } | undefined

  constructor(keySet: PlatformKeySet, rootKey: KeyObject | undefined, fetchList: FetchKeyList) {
    this.#keys = readKeySet(keySet)
    this.#rootKey = rootKey
    this.#fetchList = fetchList
  }

  /** The key of that id, after one new look at the list where it is not known yet. */
  async find(keyId: string, nowMs: number, signal: AbortSignal): Promise<KeyObject | undefined> {
    // How old the list was that it began with nobody knows; it counts from the first use.
    this.#look ??= { atMs: nowMs, notBeforeMs: nowMs }
    const known = this.#keys.get(keyId)
    if (known && Math.abs(nowMs - this.#look.atMs) < LOOK_AGAIN_AFTER_MS) return known
    const looked = this.#lookAgain(nowMs)
    if (known || !looked) return known
    await Promise.race([looked, aborted(signal)])
    return this.#keys.get(keyId)
  }

  /** Calls that meet a new key at the same time share one look. Undefined where it is too soon for one. */
  #lookAgain(nowMs: number): Promise<void> | undefined {
    const rootKey = this.#rootKey
    if (!rootKey || this.#looking) return this.#looking
    const { atMs, notBeforeMs } = this.#look ?? { atMs: nowMs, notBeforeMs: nowMs }
    // A clock may also have been put back.
    if (nowMs >= atMs && nowMs < notBeforeMs) return undefined
    this.#looking = this.#refresh(rootKey, nowMs).finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** Keeps the old list where the new one cannot be fetched, verified or read. */
  async #refresh(rootKey: KeyObject, nowMs: number): Promise<void> {
    this.#look = { atMs: this.#look?.atMs ?? nowMs, notBeforeMs: nowMs + TRY_AGAIN_AFTER_MS }
    try {
      const { answer, request } = await this.#fetchList(AbortSignal.timeout(ONE_LOOK_MS))
      const verified = await verifyAnswer(answer, request, async () => rootKey, nowMs)
      if (!verified.ok || answer.status !== 200) return
      this.#keys = readKeySet(JSON.parse(answer.body.toString("utf8")))
      this.#look = { atMs: nowMs, notBeforeMs: nowMs + LOOKED_MS }
    } catch {
      // The answer that asked for this key stays unverified, which its caller is told.
    }
  }
}

/** A public key in PEM, as a JWK or already read. Throws where it is none. */
export function readPublicKey(key: string | JsonWebKey | KeyObject): KeyObject {
  if (key instanceof KeyObject) return key
  return typeof key === "string" ? createPublicKey(key) : createPublicKey({ key, format: "jwk" })
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
}

function readKeySet(keySet: PlatformKeySet): Map<string, KeyObject> {
  const keys = new Map<string, KeyObject>()
  for (const jwk of keySet.keys) {
    if (jwk.kid) keys.set(jwk.kid, createPublicKey({ key: jwk, format: "jwk" }))
  }
  return keys
}
