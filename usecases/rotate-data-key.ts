/** Replacing the key that secrets in tables are sealed under (ADR 0018): a new version, then re-sealing, then retiring the old one. */
import { dataKeyState, nextDataKey, SEALING_NOTICE_MS, sealingKey } from "../domain/data-keys.ts"
import { changeKeys, type DataKey, type KeyChange, type PlatformKeyPorts } from "./platform-keys.ts"

/** `begun` is false where another version was waiting already: then that one is `next`. */
export type DataRotation = { begun: boolean; present: DataKey; next: DataKey }

/** Makes a new version, which seals a day later. */
export function rotateDataKey(ports: PlatformKeyPorts): Promise<DataRotation> {
  return changeKeys(ports, async ({ signing, data }, nowMs): Promise<KeyChange<DataRotation>> => {
    const present = sealingKey(data, nowMs)
    const waiting = nextDataKey(data, nowMs)
    if (waiting) return { result: { begun: false, present, next: waiting } }
    const next = {
      version: Math.max(...data.map(({ version }) => version)) + 1,
      wrapped: await ports.maker.dataKey(),
      madeAtMs: nowMs,
      sealsFromMs: nowMs + SEALING_NOTICE_MS,
    }
    return { next: { signing, data: [...data, next] }, result: { begun: true, present, next } }
  })
}

export type Retirement =
  | { ok: true; retiredAtMs: number }
  | { ok: false; code: "VERSION_UNKNOWN" | "ALREADY_RETIRED" | "STILL_SEALS" | "TOO_SOON" | "IN_USE" }

/**
 * Retires a version that seals no more; refused while anything is sealed under it.
 * @param usesOf how many values are sealed under that version, by opening them all
 */
export function retireDataKey(
  ports: Pick<PlatformKeyPorts, "clock" | "store">,
  version: number,
  usesOf: (version: number) => Promise<number>,
): Promise<Retirement> {
  return changeKeys(ports, async ({ signing, data }, nowMs): Promise<KeyChange<Retirement>> => {
    const refused = (code: Extract<Retirement, { ok: false }>["code"]) => ({
      result: { ok: false, code } as const,
    })
    const key = data.find((it) => it.version === version)
    if (!key) return refused("VERSION_UNKNOWN")
    const state = dataKeyState(data, key, nowMs)
    if (state === "retired") return refused("ALREADY_RETIRED")
    if (state !== "opening") return refused("STILL_SEALS")
    // Whoever has not looked since the newer one began to seal may still seal under this one.
    if (nowMs < sealingKey(data, nowMs).sealsFromMs + SEALING_NOTICE_MS) return refused("TOO_SOON")
    if ((await usesOf(version)) > 0) return refused("IN_USE")
    const retired = data.map((it) => (it === key ? { ...it, retiredAtMs: nowMs } : it))
    return { next: { signing, data: retired }, result: { ok: true, retiredAtMs: nowMs } }
  })
}
