import assert from "node:assert/strict"
import { createHash, createPublicKey, verify } from "node:crypto"
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GetPublicKeyCommand,
  InvalidCiphertextException,
  InvalidKeyUsageException,
  KMSClient,
  KMSInvalidSignatureException,
  NotFoundException,
  SignCommand,
  VerifyCommand,
} from "@aws-sdk/client-kms"
import { clientOptions } from "./account.ts"
import type { AwsEndpoint } from "./aws-json-endpoint.ts"
import { startKms } from "./kms.ts"
import { type KeyDefinition, openKeys } from "./kms-keys.ts"

const DATA: KeyDefinition = {
  keyId: "11111111-1111-1111-1111-111111111111",
  arn: "arn:aws:kms:us-east-1:000000000000:key/11111111-1111-1111-1111-111111111111",
  spec: "SYMMETRIC_DEFAULT",
  usage: "ENCRYPT_DECRYPT",
  aliases: ["alias/data"],
}
const ROOT: KeyDefinition = {
  keyId: "22222222-2222-2222-2222-222222222222",
  arn: "arn:aws:kms:us-east-1:000000000000:key/22222222-2222-2222-2222-222222222222",
  spec: "RSA_2048",
  usage: "SIGN_VERIFY",
  aliases: [],
}
const SigningAlgorithm = "RSASSA_PKCS1_V1_5_SHA_256"

const dir = mkdtempSync(join(tmpdir(), "kms-"))
let server: AwsEndpoint
let kms: KMSClient

before(async () => {
  server = await startKms(await openKeys(dir, [DATA, ROOT]))
  kms = new KMSClient(clientOptions(server.url, { accessKeyId: "a", secretAccessKey: "b" }))
})
after(async () => {
  kms.destroy()
  await server.close()
  rmSync(dir, { recursive: true })
})

const text = (value: string) => Buffer.from(value)

test("decrypts what it encrypted, under the same context in any order only", async () => {
  const EncryptionContext = { table: "main", item: "1" }
  const { CiphertextBlob, KeyId } = await kms.send(
    new EncryptCommand({ KeyId: "alias/data", Plaintext: text("秘密"), EncryptionContext }),
  )
  assert.equal(KeyId, DATA.arn)
  const opened = await kms.send(
    new DecryptCommand({ CiphertextBlob, EncryptionContext: { item: "1", table: "main" } }),
  )
  assert.equal(Buffer.from(opened.Plaintext ?? []).toString(), "秘密")
  const wrongContexts: Record<string, string>[] = [{}, { table: "main" }, { table: "main", item: "2" }]
  for (const wrong of wrongContexts) {
    const decrypt = new DecryptCommand({ CiphertextBlob, EncryptionContext: wrong })
    await assert.rejects(kms.send(decrypt), InvalidCiphertextException)
  }
})

test("refuses a ciphertext in which one bit was changed, at any place", async () => {
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: DATA.keyId, Plaintext: text("x") }))
  for (let at = 0; at < (CiphertextBlob?.length ?? 0); at += 7) {
    const changed = Buffer.from(CiphertextBlob ?? [])
    changed[at] = (changed[at] ?? 0) ^ 1
    await assert.rejects(
      kms.send(new DecryptCommand({ CiphertextBlob: changed })),
      InvalidCiphertextException,
    )
  }
})

test("gives data keys whose wrapped form opens to the same key", async () => {
  const key = await kms.send(new GenerateDataKeyCommand({ KeyId: DATA.arn, KeySpec: "AES_256" }))
  const opened = await kms.send(new DecryptCommand({ CiphertextBlob: key.CiphertextBlob, KeyId: DATA.keyId }))
  assert.deepEqual(opened.Plaintext, key.Plaintext)
  assert.equal(key.Plaintext?.length, 32)
  const wrapped = await kms.send(
    new GenerateDataKeyWithoutPlaintextCommand({ KeyId: DATA.arn, NumberOfBytes: 16 }),
  )
  assert.equal(
    (await kms.send(new DecryptCommand({ CiphertextBlob: wrapped.CiphertextBlob }))).Plaintext?.length,
    16,
  )
  assert.ok(!("Plaintext" in wrapped))
})

test("gives RSA pairs whose private half opens under the context", async () => {
  const EncryptionContext = { use: "answers" }
  const given = { KeyId: DATA.keyId, KeyPairSpec: "RSA_2048", EncryptionContext } as const
  const pair = await kms.send(new GenerateDataKeyPairCommand(given))
  const opened = await kms.send(
    new DecryptCommand({ CiphertextBlob: pair.PrivateKeyCiphertextBlob, EncryptionContext }),
  )
  assert.deepEqual(opened.Plaintext, pair.PrivateKeyPlaintext)
  const publicKey = createPublicKey({ key: Buffer.from(pair.PublicKey ?? []), format: "der", type: "spki" })
  assert.equal(publicKey.asymmetricKeyDetails?.modulusLength, 2048)
  const closed = await kms.send(new GenerateDataKeyPairWithoutPlaintextCommand(given))
  assert.ok(!("PrivateKeyPlaintext" in closed))
})

test("signs messages and digests alike, and anybody can verify with the public key", async () => {
  const Message = text("key list")
  const { Signature } = await kms.send(new SignCommand({ KeyId: ROOT.keyId, Message, SigningAlgorithm }))
  const digest = createHash("sha256").update(Message).digest()
  const ofDigest = await kms.send(
    new SignCommand({ KeyId: ROOT.keyId, Message: digest, MessageType: "DIGEST", SigningAlgorithm }),
  )
  assert.deepEqual(ofDigest.Signature, Signature)
  const { PublicKey, KeyUsage } = await kms.send(new GetPublicKeyCommand({ KeyId: ROOT.arn }))
  assert.equal(KeyUsage, "SIGN_VERIFY")
  const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: "der", type: "spki" })
  assert.ok(verify("sha256", Message, key, Buffer.from(Signature ?? [])))
  const right = await kms.send(new VerifyCommand({ KeyId: ROOT.keyId, Message, Signature, SigningAlgorithm }))
  assert.equal(right.SignatureValid, true)
  const other = new VerifyCommand({
    KeyId: ROOT.keyId,
    Message: text("another"),
    Signature,
    SigningAlgorithm,
  })
  await assert.rejects(kms.send(other), KMSInvalidSignatureException)
})

test("refuses unknown keys and keys of the wrong use by the exceptions of KMS", async () => {
  await assert.rejects(kms.send(new DescribeKeyCommand({ KeyId: "alias/none" })), NotFoundException)
  await assert.rejects(
    kms.send(new EncryptCommand({ KeyId: ROOT.keyId, Plaintext: text("x") })),
    InvalidKeyUsageException,
  )
  const sign = new SignCommand({ KeyId: DATA.keyId, Message: text("x"), SigningAlgorithm })
  await assert.rejects(kms.send(sign), InvalidKeyUsageException)
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: "alias/data" }))
  assert.equal(KeyMetadata?.KeyId, DATA.keyId)
})

test("keeps its keys across restarts, in files that only their owner can read", async () => {
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({ KeyId: DATA.keyId, Plaintext: text("kept") }),
  )
  const again = await startKms(await openKeys(dir, [DATA, ROOT]))
  const client = new KMSClient(clientOptions(again.url, { accessKeyId: "a", secretAccessKey: "b" }))
  const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob }))
  assert.equal(Buffer.from(Plaintext ?? []).toString(), "kept")
  client.destroy()
  await again.close()
  for (const file of readdirSync(dir)) assert.equal(statSync(join(dir, file)).mode & 0o777, 0o600)
})
