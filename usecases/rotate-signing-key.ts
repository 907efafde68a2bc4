/** Replacing the key that answers are signed with (ADR 0018): by age, by an operator's word, or because it is compromised. */
import {
  NOTICE_MS,
  nextSigner,
  publishedAt,
  signerAt,
  signingState,
  withHandover,
  withoutNext,
  withSuccessor,
} from "../domain/signing-keys.ts"
import { changeKeys, type KeyChange, type PlatformKeyPorts, type SigningKey } from "./platform-keys.ts"

const DAY_MS = 86_400_000

/** `begun` is false where another key was waiting already: then that one is `next`. */
export type SigningRotation = { begun: boolean; present: SigningKey; next: SigningKey }

/** Publishes a new key, which signs a day later. */
export function rotateSigningKey(ports: PlatformKeyPorts): Promise<SigningRotation> {
  return changeKeys(ports, async ({ signing, data }, nowMs): Promise<KeyChange<SigningRotation>> => {
    const present = signerAt(signing, nowMs)
    const waiting = nextSigner(signing, nowMs)
    if (waiting) return { result: { begun: false, present, next: waiting } }
    const rotated = withSuccessor(publishedAt(signing, nowMs), await ports.maker.signingKey(), {
      nowMs,
      signsFromMs: nowMs + NOTICE_MS,
    })
    const next = nextSigner(rotated, nowMs)
    if (!next) throw new Error("a new key does not wait for its time")
    return { next: { signing: rotated, data }, result: { begun: true, present, next } }
  })
}

export type KeptSigningKeys = { ageDays: number; rotated: boolean; dropped: readonly string[] }

/**
 * The daily round: drops keys that are published no more, and has the successor published in time for the present key to
 * be replaced when it is `maxAgeDays` old, or up to a day later.
 */
export async function keepSigningKeys(ports: PlatformKeyPorts, maxAgeDays: number): Promise<KeptSigningKeys> {
  const { dropped, ageMs } = await dropGone(ports)
  const due = ageMs + NOTICE_MS >= maxAgeDays * DAY_MS
  const rotated = due && (await rotateSigningKey(ports)).begun
  return { ageDays: ageMs / DAY_MS, rotated, dropped }
}

function dropGone(ports: PlatformKeyPorts): Promise<{ dropped: string[]; ageMs: number }> {
  return changeKeys(ports, async ({ signing, data }, nowMs) => {
    const kept = publishedAt(signing, nowMs)
    const dropped = signing.filter((key) => !kept.includes(key)).map(({ keyId }) => keyId)
    const result = { dropped, ageMs: nowMs - signerAt(signing, nowMs).signsFromMs }
    return dropped.length > 0 ? { next: { signing: kept, data }, result } : { result }
  })
}

/** `wasNext`, `wasReplaced`: it is out of the list at once. `wasSigning`: as soon as `next` has taken over, in minutes. */
export type Withdrawal =
  | { code: "wasNext" | "wasReplaced" }
  | { code: "wasSigning"; next: SigningKey }
  | { code: "KEY_UNKNOWN" }

/** Ends a compromised key as soon as answers can be verified without it. */
export function withdrawSigningKey(ports: PlatformKeyPorts, keyId: string): Promise<Withdrawal> {
  return changeKeys(ports, async ({ signing, data }, nowMs): Promise<KeyChange<Withdrawal>> => {
    const published = publishedAt(signing, nowMs)
    const key = published.find((it) => it.keyId === keyId)
    if (!key) return { result: { code: "KEY_UNKNOWN" } }
    const state = signingState(key, nowMs)
    const rest = state === "next" ? withoutNext(published, nowMs) : published.filter((it) => it !== key)
    if (state === "replaced") return { next: { signing: rest, data }, result: { code: "wasReplaced" } }
    // Without its successor a key that is compromised too would sign on.
    const mustEnd = state === "signing" || signerAt(rest, nowMs).withdrawn
    if (!mustEnd) return { next: { signing: rest, data }, result: { code: "wasNext" } }
    const { handed, next } = await handOver(ports, state === "next" ? rest : published, nowMs)
    return { next: { signing: handed, data }, result: { code: "wasSigning", next } }
  })
}

async function handOver(
  { maker }: PlatformKeyPorts,
  keys: readonly SigningKey[],
  nowMs: number,
): Promise<{ handed: SigningKey[]; next: SigningKey }> {
  const succeeded = nextSigner(keys, nowMs)
    ? keys
    : withSuccessor(keys, await maker.signingKey(), { nowMs, signsFromMs: nowMs + NOTICE_MS })
  const handed = withHandover(succeeded, nowMs)
  const next = nextSigner(handed, nowMs)
  if (!next) throw new Error("a key that takes over does not wait for its time")
  return { handed, next }
}
