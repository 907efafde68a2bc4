/** What the commands about the platform's own keys work with. Whoever only looks opens none of them. */
import { createPublicKey, type KeyObject } from "node:crypto"
import { GetPublicKeyCommand } from "@aws-sdk/client-kms"
import type { Environment } from "../functions/environment.ts"
import { clock, dynamodb, kms, random } from "../functions/machine.ts"
import { kmsKeyMaker } from "../persistence/kms-key-maker.ts"
import { platformKeyStore } from "../persistence/platform-key-store.ts"
import { dataKeyOpener, type OpenSecrets, secretsOpener } from "../persistence/platform-secrets.ts"
import type { FieldKeys } from "../persistence/sealed-fields.ts"
import { sealedValues } from "../persistence/sealed-values.ts"
import type { PlatformKeyPorts } from "../usecases/platform-keys.ts"
import type { SealedValues } from "../usecases/reseal-values.ts"

export type PlatformKeyDesk = PlatformKeyPorts & {
  publicUrl: string
  values: SealedValues
  /** As they are at that moment; with those in use now. */
  fieldKeysAt(atMs: number): Promise<FieldKeys>
  openSecrets(): Promise<OpenSecrets>
  /** Public half of the key that signs the list of keys. */
  rootKey(): Promise<KeyObject>
}

export function openPlatformKeyDesk(environment: Environment): PlatformKeyDesk {
  const { mainTable, settingsTable, dataKeyId, publicUrl } = environment
  const place = { dynamodb, kms, settingsTable, dataKeyId }
  return {
    clock,
    store: platformKeyStore(dynamodb, settingsTable),
    maker: kmsKeyMaker(kms, dataKeyId, () => random.id(clock.nowMs())),
    publicUrl,
    values: sealedValues(dynamodb, { main: mainTable, settings: settingsTable }),
    fieldKeysAt: async (atMs) => (await dataKeyOpener(place)(clock.nowMs())).fieldKeysAt(atMs),
    openSecrets: () => secretsOpener(place)(clock.nowMs()),
    async rootKey() {
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: environment.rootKeyId }))
      if (!PublicKey) throw new Error("the root key has no public half")
      return createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" })
    },
  }
}
