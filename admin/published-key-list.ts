import type { KeyObject } from "node:crypto"
import { PlatformKeys } from "../sdk/platform-keys.ts"
import type { FindPlatformKey } from "../sdk/verify-answer.ts"

const KEY_LIST = "/metro/payment/v1/keys"
const PATIENCE_MS = 10_000

/** Finds keys as a merchant's client does that knows nothing but the root key: in the list at the public address. */
export function publishedKeyList(
  publicUrl: string,
  rootKey: KeyObject,
  nowMs: () => number,
): FindPlatformKey {
  const keys = new PlatformKeys({ keys: [] }, rootKey, async (signal) => {
    const targetUri = publicUrl + KEY_LIST
    const response = await fetch(targetUri, { signal, redirect: "manual" })
    const body = Buffer.from(await response.arrayBuffer())
    const answer = { status: response.status, headers: Object.fromEntries(response.headers), body }
    return { answer, request: { method: "GET", targetUri } }
  })
  return (keyId) => keys.find(keyId, nowMs(), AbortSignal.timeout(PATIENCE_MS))
}
