import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  generateKeyPair,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  timingSafeEqual,
} from "node:crypto"
import { promisify } from "node:util"
import { AwsRefusal } from "./aws-json-endpoint.ts"
import type { KmsKey, RsaKey, SymmetricKey } from "./kms-keys.ts"

/** An operation's input as it stands in the request: blobs in base64. */
export type KmsInput = {
  KeyId?: string
  Plaintext?: string
  CiphertextBlob?: string
  EncryptionContext?: Record<string, string>
  NumberOfBytes?: number
  KeySpec?: string
  KeyPairSpec?: string
  Message?: string
  MessageType?: string
  Signature?: string
  SigningAlgorithm?: string
}

type Operation = (input: KmsInput, keys: KeyRing) => object | Promise<object>
/** Finds a key by id, ARN or alias. Throws NotFoundException. */
export type KeyRing = { find(keyId: string | undefined): KmsKey }

const IV_BYTES = 12
const TAG_BYTES = 16
/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html and API_Sign.html */
const MAX_MESSAGE_BYTES = 4096
const SIGNING_ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"
/** DER of DigestInfo for SHA-256 up to the digest itself: RFC 8017, section 9.2, note 1. */
const SHA256_DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex")

export const KMS_OPERATIONS: Readonly<Record<string, Operation>> = {
  Encrypt(input, keys) {
    const key = symmetric(keys.find(input.KeyId))
    const plaintext = bytes(input.Plaintext, "Plaintext")
    return { ...keyFacts(key), CiphertextBlob: seal(key, plaintext, input.EncryptionContext) }
  },
  Decrypt(input, keys) {
    const blob = bytes(input.CiphertextBlob, "CiphertextBlob")
    const key = symmetric(keyOfBlob(blob, keys))
    if (input.KeyId !== undefined && keys.find(input.KeyId).keyId !== key.keyId) {
      throw new AwsRefusal(
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
      )
    }
    return { ...keyFacts(key), Plaintext: open(key, blob, input.EncryptionContext).toString("base64") }
  },
  GenerateDataKey: generateDataKey,
  async GenerateDataKeyWithoutPlaintext(input, keys) {
    const { Plaintext: _, ...answer } = generateDataKey(input, keys)
    return answer
  },
  GenerateDataKeyPair: generateDataKeyPair,
  async GenerateDataKeyPairWithoutPlaintext(input, keys) {
    const { PrivateKeyPlaintext: _, ...answer } = await generateDataKeyPair(input, keys)
    return answer
  },
  Sign(input, keys) {
    const key = signing(keys.find(input.KeyId), input)
    const padding = constants.RSA_PKCS1_PADDING
    const signature = privateEncrypt({ key: key.privateKey, padding }, digestInfo(input))
    return { KeyId: key.arn, Signature: signature.toString("base64"), SigningAlgorithm: SIGNING_ALGORITHM }
  },
  Verify(input, keys) {
    const key = signing(keys.find(input.KeyId), input)
    if (!signatureHolds(key, input)) throw new AwsRefusal("KMSInvalidSignatureException", "")
    return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: SIGNING_ALGORITHM }
  },
  GetPublicKey(input, keys) {
    const key = keys.find(input.KeyId)
    if (key.kind !== "rsa") throw unsupported(`${key.arn} has no public key.`)
    const publicKey = createPublicKey(key.privateKey).export({ type: "spki", format: "der" })
    return {
      KeyId: key.arn,
      PublicKey: publicKey.toString("base64"),
      KeySpec: key.spec,
      CustomerMasterKeySpec: key.spec,
      KeyUsage: key.usage,
      SigningAlgorithms: [SIGNING_ALGORITHM],
    }
  },
  DescribeKey(input, keys) {
    const key = keys.find(input.KeyId)
    const algorithms =
      key.kind === "rsa"
        ? { SigningAlgorithms: [SIGNING_ALGORITHM] }
        : { EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"] }
    return {
      KeyMetadata: {
        KeyId: key.keyId,
        Arn: key.arn,
        Enabled: true,
        KeyState: "Enabled",
        KeyManager: "CUSTOMER",
        Origin: "AWS_KMS",
        KeySpec: key.spec,
        CustomerMasterKeySpec: key.spec,
        KeyUsage: key.usage,
        ...algorithms,
      },
    }
  },
}

function generateDataKey(input: KmsInput, keys: KeyRing) {
  const key = symmetric(keys.find(input.KeyId))
  const size =
    input.NumberOfBytes ?? (input.KeySpec === "AES_256" ? 32 : input.KeySpec === "AES_128" ? 16 : undefined)
  if (size === undefined || size < 1 || size > 1024)
    throw invalid("Please specify either number of bytes or key spec.")
  const plaintext = randomBytes(size)
  return {
    KeyId: key.arn,
    Plaintext: plaintext.toString("base64"),
    CiphertextBlob: seal(key, plaintext, input.EncryptionContext),
  }
}

async function generateDataKeyPair(input: KmsInput, keys: KeyRing) {
  const key = symmetric(keys.find(input.KeyId))
  if (input.KeyPairSpec !== "RSA_2048")
    throw unsupported(`Key pairs here are RSA_2048, not ${input.KeyPairSpec}.`)
  const pair = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 })
  const privateKey = pair.privateKey.export({ type: "pkcs8", format: "der" })
  return {
    KeyId: key.arn,
    KeyPairSpec: input.KeyPairSpec,
    PrivateKeyPlaintext: privateKey.toString("base64"),
    PrivateKeyCiphertextBlob: seal(key, privateKey, input.EncryptionContext),
    PublicKey: pair.publicKey.export({ type: "spki", format: "der" }).toString("base64"),
  }
}

/** Blob: version 1, length of the key id, key id, IV, tag, ciphertext. Key id and context are authenticated. */
function seal(key: SymmetricKey, plaintext: Buffer, context: KmsInput["EncryptionContext"]): string {
  const head = Buffer.concat([Buffer.from([1, key.keyId.length]), Buffer.from(key.keyId)])
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv("aes-256-gcm", key.secret, iv).setAAD(authenticated(head, context))
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([head, iv, cipher.getAuthTag(), sealed]).toString("base64")
}

function open(key: SymmetricKey, blob: Buffer, context: KmsInput["EncryptionContext"]): Buffer {
  const headEnd = 2 + key.keyId.length
  const tagEnd = headEnd + IV_BYTES + TAG_BYTES
  if (blob.length < tagEnd) throw new AwsRefusal("InvalidCiphertextException", "")
  const decipher = createDecipheriv("aes-256-gcm", key.secret, blob.subarray(headEnd, headEnd + IV_BYTES))
    .setAAD(authenticated(blob.subarray(0, headEnd), context))
    .setAuthTag(blob.subarray(headEnd + IV_BYTES, tagEnd))
  try {
    return Buffer.concat([decipher.update(blob.subarray(tagEnd)), decipher.final()])
  } catch {
    throw new AwsRefusal("InvalidCiphertextException", "")
  }
}

function keyOfBlob(blob: Buffer, keys: KeyRing): KmsKey {
  const keyIdLength = blob[1]
  if (blob[0] !== 1 || keyIdLength === undefined) throw new AwsRefusal("InvalidCiphertextException", "")
  try {
    return keys.find(blob.subarray(2, 2 + keyIdLength).toString())
  } catch {
    throw new AwsRefusal("InvalidCiphertextException", "")
  }
}

function authenticated(head: Buffer, context: Record<string, string> = {}): Buffer {
  const pairs = Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1))
  return Buffer.concat([head, Buffer.from(JSON.stringify(pairs))])
}

function signatureHolds(key: RsaKey, input: KmsInput): boolean {
  const expected = digestInfo(input)
  try {
    const padding = constants.RSA_PKCS1_PADDING
    const found = publicDecrypt(
      { key: createPublicKey(key.privateKey), padding },
      bytes(input.Signature, "Signature"),
    )
    return found.length === expected.length && timingSafeEqual(found, expected)
  } catch {
    return false
  }
}

function digestInfo(input: KmsInput): Buffer {
  const message = bytes(input.Message, "Message")
  if (input.MessageType !== "DIGEST") {
    return Buffer.concat([SHA256_DIGEST_INFO, createHash("sha256").update(message).digest()])
  }
  if (message.length !== 32)
    throw invalid("Digest is invalid length for algorithm RSASSA_PKCS1_V1_5_SHA_256.")
  return Buffer.concat([SHA256_DIGEST_INFO, message])
}

function bytes(blob: string | undefined, name: string): Buffer {
  const read = Buffer.from(blob ?? "", "base64")
  const limit = name === "CiphertextBlob" || name === "Signature" ? 6144 : MAX_MESSAGE_BYTES
  if (read.length < 1 || read.length > limit)
    throw invalid(`Value at '${name}' must have length between 1 and ${limit}.`)
  return read
}

function symmetric(key: KmsKey): SymmetricKey {
  if (key.kind === "symmetric") return key
  throw new AwsRefusal(
    "InvalidKeyUsageException",
    `${key.arn} key usage is ${key.usage} which is not valid for this operation.`,
  )
}

function signing(key: KmsKey, input: KmsInput): RsaKey {
  if (key.kind !== "rsa") {
    throw new AwsRefusal(
      "InvalidKeyUsageException",
      `${key.arn} key usage is ${key.usage} which is not valid for this operation.`,
    )
  }
  if (input.SigningAlgorithm === SIGNING_ALGORITHM) return key
  throw new AwsRefusal(
    "InvalidKeyUsageException",
    `Algorithm ${input.SigningAlgorithm} is not offered by ${key.arn}.`,
  )
}

function keyFacts(key: KmsKey) {
  return { KeyId: key.arn, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" }
}

const invalid = (message: string) => new AwsRefusal("ValidationException", message)
const unsupported = (message: string) => new AwsRefusal("UnsupportedOperationException", message)
