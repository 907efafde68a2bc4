/**
 * The platform's own keys as they are kept, and the one way to change them (ADR 0018). They stand in one item, so that all
 * of them change together and of two who change them at once the later one sees what the first did.
 */
import type { DataKeyTimes } from "../domain/data-keys.ts"
import type { SigningTimes } from "../domain/signing-keys.ts"

/** KMS made and wrapped it; only functions that may name its purpose can unwrap the private half. */
export type MadeSigningKey = { keyId: string; publicKey: Uint8Array; wrappedPrivateKey: Uint8Array }
export type SigningKey = MadeSigningKey & SigningTimes

export type DataKey = DataKeyTimes & { wrapped: Uint8Array }

export type PlatformKeys = {
  /** Rises with each write; 0 for what was written before keys had versions. */
  revision: number
  signing: readonly SigningKey[]
  data: readonly DataKey[]
}

export type PlatformKeyStore = {
  /** Strongly consistent. Undefined: none were made yet. */
  read(): Promise<PlatformKeys | undefined>
  /** Writes `next` where `previous` still stands; false where somebody else has written since. */
  replace(
    previous: PlatformKeys | undefined,
    next: Omit<PlatformKeys, "revision">,
    nowMs: number,
  ): Promise<boolean>
}

/** Makes keys without seeing them. */
export type KeyMaker = { signingKey(): Promise<MadeSigningKey>; dataKey(): Promise<Uint8Array> }

export type PlatformKeyPorts = { clock: { nowMs(): number }; store: PlatformKeyStore; maker: KeyMaker }

/** What is to be written, and what came of it; nothing is written where there is no `next`. */
export type KeyChange<R> = { next?: Omit<PlatformKeys, "revision">; result: R }

/** Others write a few times a year: who loses this often has another problem. */
const MOST_TRIES = 5

/**
 * Reads, decides and writes; where somebody else wrote in between, decides again on what stands there then. `decide` must be
 * so that a change which got through unnoticed is recognised by it. Throws where there are no keys yet.
 */
export async function changeKeys<R>(
  { store, clock }: Pick<PlatformKeyPorts, "store" | "clock">,
  decide: (keys: PlatformKeys, nowMs: number) => Promise<KeyChange<R>>,
): Promise<R> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const nowMs = clock.nowMs()
    const keys = await store.read()
    if (!keys) throw new Error("the platform's keys have not been made yet")
    const { next, result } = await decide(keys, nowMs)
    if (!next || (await store.replace(keys, next, nowMs))) return result
  }
  throw new Error("the platform's keys are being changed by others all the time")
}

/**
 * Makes what is missing: both kinds of keys in a new deployment, times and versions where there was one key of each kind. Of
 * two that try at once one wins and both use its keys.
 */
export async function ensurePlatformKeys({ store, clock, maker }: PlatformKeyPorts): Promise<void> {
  const keys = await store.read()
  const nowMs = clock.nowMs()
  if (keys) {
    if (keys.revision === 0) await store.replace(keys, keys, nowMs)
    return
  }
  const [made, wrapped] = await Promise.all([maker.signingKey(), maker.dataKey()])
  // Nobody has been answered yet: the first key needs no notice.
  const signing = [{ ...made, publishedAtMs: nowMs, signsFromMs: nowMs }]
  const data = [{ version: 1, wrapped, madeAtMs: nowMs, sealsFromMs: nowMs }]
  await store.replace(undefined, { signing, data }, nowMs)
}
