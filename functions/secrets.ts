import { merchantStore } from "../persistence/merchant-store.ts"
import { openDataKeys, openSecrets } from "../persistence/platform-secrets.ts"
import type { Environment } from "./environment.ts"
import { clock, dynamodb, kms, once } from "./machine.ts"

/** What a function opens once in its life: the platform's secrets, and the merchants' settings that need them. */
export function platformSecrets(environment: Environment) {
  const { settingsTable, dataKeyId } = environment
  const place = { dynamodb, kms, settingsTable, dataKeyId }
  const opened = once(() => openSecrets(place))
  return {
    answerKey: async () => (await opened()).answerKey,
    dataKeys: async () => (await opened()).dataKeys,
    merchants: once(async () =>
      merchantStore(dynamodb, settingsTable, (await opened()).dataKeys.fieldKey, clock),
    ),
  }
}

/** The same for functions that sign no answers. */
export function dataSecrets(environment: Environment) {
  const { settingsTable, dataKeyId } = environment
  const dataKeys = once(() => openDataKeys({ dynamodb, kms, settingsTable, dataKeyId }))
  return {
    dataKeys,
    merchants: once(async () => merchantStore(dynamodb, settingsTable, (await dataKeys()).fieldKey, clock)),
  }
}
