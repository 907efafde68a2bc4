import { type KMSClient, SignCommand } from "@aws-sdk/client-kms"
import type { RootSigner } from "../usecases/bill-ports.ts"

/** The `keyid` of what the root key signs; merchants have its public half in their configuration. */
export const ROOT_KEY_NAME = "root"

/** Signatures of the platform's root key, which never leaves KMS: the same digest always has the same signature. */
export function rootSigner(kms: KMSClient, rootKeyId: string): RootSigner {
  return {
    keyId: ROOT_KEY_NAME,
    async signDigest(digest) {
      const { Signature } = await kms.send(
        new SignCommand({
          KeyId: rootKeyId,
          Message: digest,
          MessageType: "DIGEST",
          SigningAlgorithm: "RSASSA_PKCS1_V1_5_SHA_256",
        }),
      )
      if (!Signature) throw new Error("KMS signed nothing")
      return Buffer.from(Signature)
    },
  }
}
