import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto"
import { type ReceivedAnswer, type SentRequest, verifyAnswer } from "./verify-answer.ts"

/** As in `platform_keys.json` and at `GET …/keys`; `kid` is the `keyid` of answers. */
export type PlatformKeySet = { keys: readonly (JsonWebKey & { kid?: string })[] }

/** Fetches the list of keys, unsigned: gives the answer and the request it answers. */
export type FetchKeyList = (signal: AbortSignal) => Promise<{ answer: ReceivedAnswer; request: SentRequest }>

/**
 * The keys that answers are verified with. The platform changes them from time to time, and publishes a new one a day
 * before its first use; an unknown one makes the list be fetched again, and believed only if the root key signed it.
 */
export class PlatformKeys {
  #keys: ReadonlyMap<string, KeyObject>
  readonly #rootKey: KeyObject | undefined
  readonly #fetchList: FetchKeyList
  #refreshing: Promise<void> | undefined

  constructor(keySet: PlatformKeySet, rootKey: KeyObject | undefined, fetchList: FetchKeyList) {
    this.#keys = readKeySet(keySet)
    this.#rootKey = rootKey
    this.#fetchList = fetchList
  }

  /** The key of that id, after one new look at the list where it is not known yet. */
  async find(keyId: string, nowMs: number, signal: AbortSignal): Promise<KeyObject | undefined> {
    if (!this.#keys.has(keyId) && this.#rootKey) {
      // Calls that meet the new key at the same time share one look.
      this.#refreshing ??= this.#refresh(this.#rootKey, nowMs, signal).finally(() => {
        this.#refreshing = undefined
      })
      await this.#refreshing
    }
    return this.#keys.get(keyId)
  }

  /** Keeps the old list where the new one cannot be fetched, verified or read. */
  async #refresh(rootKey: KeyObject, nowMs: number, signal: AbortSignal): Promise<void> {
    try {
      const { answer, request } = await this.#fetchList(signal)
      const verified = await verifyAnswer(answer, request, async () => rootKey, nowMs)
      if (verified.ok && answer.status === 200)
        this.#keys = readKeySet(JSON.parse(answer.body.toString("utf8")))
    } catch {
      // The answer that asked for this key stays unverified, which its caller is told.
    }
  }
}

function readKeySet(keySet: PlatformKeySet): Map<string, KeyObject> {
  const keys = new Map<string, KeyObject>()
  for (const jwk of keySet.keys) {
    if (jwk.kid) keys.set(jwk.kid, createPublicKey({ key: jwk, format: "jwk" }))
  }
  return keys
}
