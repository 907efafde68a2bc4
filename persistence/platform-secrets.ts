/**
 * The platform's own secrets: the data key (codes and sealed fields) and the key pair that signs answers. KMS made and
 * wrapped them; here they are only kept wrapped, and opened in the memory of a function.
 */

import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from "node:crypto"
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb"
import {
  DecryptCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  type KMSClient,
} from "@aws-sdk/client-kms"
import { type Item, readStr, str } from "./attributes.ts"
import { PLATFORM_SECRETS_KEY } from "./keys.ts"

export type SecretsPlace = {
  dynamodb: DynamoDBClient
  kms: KMSClient
  settingsTable: string
  dataKeyId: string
}

/** Derived from the one data key, each for one purpose. */
export type DataKeys = { codeKey: Buffer; fieldKey: Buffer }

export type AnswerKey = { keyId: string; privateKey: KeyObject }
export type PublishedKey = { keyId: string; publicKey: KeyObject }

const CONTEXT_OF = { dataKey: { purpose: "metro-pay/data" }, answerKey: { purpose: "metro-pay/answers" } }

/** Makes what is missing; of two that try at once one wins and both use its keys. */
export async function ensurePlatformSecrets(place: SecretsPlace, newKeyId: () => string): Promise<void> {
  if (await readSecrets(place)) return
  const [dataKey, pair] = await Promise.all([
    place.kms.send(
      new GenerateDataKeyWithoutPlaintextCommand({
        KeyId: place.dataKeyId,
        KeySpec: "AES_256",
        EncryptionContext: CONTEXT_OF.dataKey,
      }),
    ),
    place.kms.send(
      new GenerateDataKeyPairWithoutPlaintextCommand({
        KeyId: place.dataKeyId,
        KeyPairSpec: "RSA_2048",
        EncryptionContext: CONTEXT_OF.answerKey,
      }),
    ),
  ])
  const { CiphertextBlob } = dataKey
  const { PrivateKeyCiphertextBlob, PublicKey } = pair
  if (!CiphertextBlob || !PrivateKeyCiphertextBlob || !PublicKey) throw new Error("KMS made no keys")
  const item: Item = {
    pk: str(PLATFORM_SECRETS_KEY.pk),
    sk: str(PLATFORM_SECRETS_KEY.sk),
    dk: { B: CiphertextBlob },
    kid: str(newKeyId()),
    sk1: { B: PrivateKeyCiphertextBlob },
    pk1: { B: PublicKey },
  }
  try {
    await place.dynamodb.send(
      new PutItemCommand({
        TableName: place.settingsTable,
        Item: item,
        ConditionExpression: "attribute_not_exists(pk)",
      }),
    )
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
  }
}

export async function openDataKeys(place: SecretsPlace): Promise<DataKeys> {
  return dataKeysFrom(await unwrap(place, await secretsOrFail(place), "dk", CONTEXT_OF.dataKey))
}

/** Both in one read: what a function needs at its start. */
export async function openSecrets(
  place: SecretsPlace,
): Promise<{ dataKeys: DataKeys; answerKey: AnswerKey }> {
  const stored = await secretsOrFail(place)
  const [dataKey, privateKey] = await Promise.all([
    unwrap(place, stored, "dk", CONTEXT_OF.dataKey),
    unwrap(place, stored, "sk1", CONTEXT_OF.answerKey),
  ])
  return {
    dataKeys: dataKeysFrom(dataKey),
    answerKey: {
      keyId: readStr(stored, "kid"),
      privateKey: createPrivateKey({ key: privateKey, format: "der", type: "pkcs8" }),
    },
  }
}

/** The keys that answers may be signed with at present; needs no secret. */
export async function publishedKeys(place: Omit<SecretsPlace, "kms" | "dataKeyId">): Promise<PublishedKey[]> {
  const stored = await secretsOrFail(place)
  const der = stored.pk1?.B
  if (!der) throw new Error("the platform's secrets have no public key")
  return [
    {
      keyId: readStr(stored, "kid"),
      publicKey: createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" }),
    },
  ]
}

function dataKeysFrom(dataKey: Buffer): DataKeys {
  const derive = (purpose: string) => Buffer.from(hkdfSync("sha256", dataKey, "", `metro-pay/${purpose}`, 32))
  return { codeKey: derive("codes"), fieldKey: derive("fields") }
}

async function readSecrets(
  place: Pick<SecretsPlace, "dynamodb" | "settingsTable">,
): Promise<Item | undefined> {
  const { Item: found } = await place.dynamodb.send(
    new GetItemCommand({
      TableName: place.settingsTable,
      Key: { pk: str(PLATFORM_SECRETS_KEY.pk), sk: str(PLATFORM_SECRETS_KEY.sk) },
      ConsistentRead: true,
    }),
  )
  return found
}

async function secretsOrFail(place: Pick<SecretsPlace, "dynamodb" | "settingsTable">): Promise<Item> {
  const found = await readSecrets(place)
  if (!found) throw new Error("the platform's secrets have not been made yet")
  return found
}

async function unwrap(
  place: SecretsPlace,
  stored: Item,
  attribute: string,
  context: Record<string, string>,
): Promise<Buffer> {
  const { Plaintext } = await place.kms.send(
    new DecryptCommand({
      KeyId: place.dataKeyId,
      CiphertextBlob: stored[attribute]?.B,
      EncryptionContext: context,
    }),
  )
  if (!Plaintext) throw new Error("KMS opened nothing")
  return Buffer.from(Plaintext)
}
