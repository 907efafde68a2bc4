/** The platform's own keys in a function's memory, and the merchants' settings that need them. */
import { logFault } from "../http/call-log.ts"
import { countRare } from "../http/rare-events.ts"
import { merchantStore } from "../persistence/merchant-store.ts"
import { dataKeyOpener, type OpenDataKeys, secretsOpener } from "../persistence/platform-secrets.ts"
import { type FieldSeals, fieldSeals } from "../persistence/sealed-fields.ts"
import type { Environment } from "./environment.ts"
import { type KeptFresh, keptFresh } from "./kept-fresh.ts"
import { clock, dynamodb, kms, once } from "./machine.ts"

/** For functions that sign answers. What they give may change while a function lives: ask for it at each call. */
export function platformSecrets(environment: Environment) {
  const secrets = fresh(environment, secretsOpener(placeOf(environment)))
  const opened = async () => (await secrets.get()).dataKeys
  const openedNow = async () => (await secrets.getNow()).dataKeys
  const heldDataKeys: KeptFresh<OpenDataKeys> = { get: opened, getNow: openedNow }
  return {
    answerKey: async () => (await secrets.get()).answerKeyAt(clock.nowMs()),
    dataKeys: opened,
    heldDataKeys,
    merchants: merchantsOf(environment, heldDataKeys),
  }
}

/** For all others. */
export function dataSecrets(environment: Environment) {
  const dataKeys = fresh(environment, dataKeyOpener(placeOf(environment)))
  return { dataKeys: dataKeys.get, heldDataKeys: dataKeys, merchants: merchantsOf(environment, dataKeys) }
}

/** Seals and opens under the data keys as they stand at each moment. */
export function sealedUnder(dataKeys: KeptFresh<OpenDataKeys>): FieldSeals {
  return fieldSeals(async (version) => {
    const held = (await dataKeys.get()).fieldKeysAt(clock.nowMs())
    if (version === undefined || held.byVersion.has(version)) return held
    return (await dataKeys.getNow()).fieldKeysAt(clock.nowMs())
  })
}

function merchantsOf(environment: Environment, dataKeys: KeptFresh<OpenDataKeys>) {
  const fields = sealedUnder(dataKeys)
  const store = once(async () => merchantStore(dynamodb, environment.settingsTable, fields, clock))
  return async () => {
    // Early in a call, so that a look at the keys is over before the answer is signed.
    await dataKeys.get()
    return store()
  }
}

function placeOf({ settingsTable, dataKeyId }: Environment) {
  return { dynamodb, kms, settingsTable, dataKeyId }
}

function fresh<T>({ functionName = "" }: Environment, load: (nowMs: number) => Promise<T>): KeptFresh<T> {
  return keptFresh(load, {
    nowMs: clock.nowMs,
    onFault(fault) {
      logFault(functionName, "key-reload", fault)
      countRare({ event: "KeyReloadFailed", call: functionName })
    },
  })
}
