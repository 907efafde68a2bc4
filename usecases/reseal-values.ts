/** Sealing anew what stands under an older data key (ADR 0018). Begun again after a kill it goes on with what is left. */

/** Where a sealed value stands: what it is bound to. */
export type SealedPlace = { table: string; pk: string; sk: string; attribute: string }
export type SealedValue = { place: SealedPlace; sealed: Uint8Array }

export type SealedValues = {
  /** What they are gone through by: the merchants, and the shards of customers' phone numbers. */
  parts(): Promise<string[]>
  /** All of a part, strongly consistent. */
  ofPart(part: string): Promise<SealedValue[]>
  /** Writes what was sealed anew where the value still stands as it was; false where somebody else has written it since. */
  replace(value: SealedValue, sealedAnew: Uint8Array): Promise<boolean>
}

export type Sealing = {
  /** The version that sealed it, by opening it. Throws where it does not open. */
  versionOf(value: SealedValue): number
  /** The same sealed under the version in use. Throws where it does not open, before or after. */
  sealAnew(value: SealedValue): Uint8Array
  /** What new values are sealed under. */
  sealsUnder: number
}

export type ValueFault = { place: SealedPlace; reason: string }
export type SealedCount = { byVersion: ReadonlyMap<number, number>; faults: readonly ValueFault[] }

/** What is sealed under which version, by opening all of it. */
export async function countSealed(
  values: Pick<SealedValues, "parts" | "ofPart">,
  sealing: Pick<Sealing, "versionOf">,
): Promise<SealedCount> {
  const byVersion = new Map<number, number>()
  const faults: ValueFault[] = []
  for (const part of await values.parts()) {
    for (const value of await values.ofPart(part)) {
      await noting(faults, value, async () => {
        const version = sealing.versionOf(value)
        byVersion.set(version, (byVersion.get(version) ?? 0) + 1)
      })
    }
  }
  return { byVersion, faults }
}

export type Resealed = {
  values: number
  resealed: number
  /** Written by somebody else meanwhile, under the version in use. */
  overtaken: number
  faults: readonly ValueFault[]
}

/** @param onPart told after each part: how many are done, of how many */
export async function resealValues(
  values: SealedValues,
  sealing: Sealing,
  onPart: (done: number, of: number) => void,
): Promise<Resealed> {
  const parts = await values.parts()
  const faults: ValueFault[] = []
  const counts = { values: 0, resealed: 0, overtaken: 0 }
  for (const [index, part] of parts.entries()) {
    for (const value of await values.ofPart(part)) {
      counts.values += 1
      await noting(faults, value, async () => {
        if (sealing.versionOf(value) === sealing.sealsUnder) return
        const written = await values.replace(value, sealing.sealAnew(value))
        counts[written ? "resealed" : "overtaken"] += 1
      })
    }
    onPart(index + 1, parts.length)
  }
  return { ...counts, faults }
}

/** One value that does not open must not keep the others from being sealed anew. */
async function noting(faults: ValueFault[], { place }: SealedValue, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (fault) {
    faults.push({ place, reason: fault instanceof Error ? fault.message : String(fault) })
  }
}
