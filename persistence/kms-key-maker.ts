import {
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  type KMSClient,
} from "@aws-sdk/client-kms"
import type { KeyMaker } from "../usecases/platform-keys.ts"

/** What a wrapped key is for: part of what KMS encrypted, so that it unwraps the key only for whoever may name it. */
export const KEY_PURPOSES = {
  data: { purpose: "metro-pay/data" },
  answers: { purpose: "metro-pay/answers" },
} as const

/** Has KMS make keys and wrap them under `dataKeyId`; nobody has seen them. */
export function kmsKeyMaker(kms: KMSClient, dataKeyId: string, newKeyId: () => string): KeyMaker {
  return {
    async signingKey() {
      const { PrivateKeyCiphertextBlob, PublicKey } = await kms.send(
        new GenerateDataKeyPairWithoutPlaintextCommand({
          KeyId: dataKeyId,
          KeyPairSpec: "RSA_2048",
          EncryptionContext: KEY_PURPOSES.answers,
        }),
      )
      if (!PrivateKeyCiphertextBlob || !PublicKey) throw new Error("KMS made no key pair")
      return { keyId: newKeyId(), publicKey: PublicKey, wrappedPrivateKey: PrivateKeyCiphertextBlob }
    },

    async dataKey() {
      const { CiphertextBlob } = await kms.send(
        new GenerateDataKeyWithoutPlaintextCommand({
          KeyId: dataKeyId,
          KeySpec: "AES_256",
          EncryptionContext: KEY_PURPOSES.data,
        }),
      )
      if (!CiphertextBlob) throw new Error("KMS made no data key")
      return CiphertextBlob
    },
  }
}
