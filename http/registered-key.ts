import { createPublicKey, type KeyObject } from "node:crypto"
import { algorithmOfKey, RSA_MIN_BITS, type SignatureAlgorithm } from "../api/signature-profile.ts"

/** A merchant's public key, as its calls are verified with it. */
export type RegisteredKey = { algorithm: SignatureAlgorithm; publicKey: KeyObject }

/** Larger keys only cost time at every call. */
const RSA_MAX_BITS = 4096

export type ParsedKey = { ok: true; key: RegisteredKey } | { ok: false; problem: string }

/**
 * Reads a public key that a merchant wants to register: PEM, RSA of 2048 to 4096 bits or ECDSA P-256. `problem` is a
 * sentence for the person who pasted it, and holds nothing of the key.
 */
export function parsePublicKey(pem: string): ParsedKey {
  // node:crypto would quietly make the public half of a private key.
  if (pem.includes("PRIVATE KEY")) {
    return refused(
      "this is a private key: it must never leave its owner; send the public key and make a new pair",
    )
  }
  if (!/-----BEGIN (RSA )?PUBLIC KEY-----/.test(pem))
    return refused("a public key in PEM is expected (-----BEGIN PUBLIC KEY-----)")
  const publicKey = readPem(pem)
  if (!publicKey) return refused("the PEM cannot be read: it is incomplete or damaged")
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {}
  const algorithm = algorithmOfKey(publicKey.asymmetricKeyType, namedCurve)
  if (!algorithm) return refused(`an RSA or an ECDSA P-256 key is expected, this is ${kindOf(publicKey)}`)
  if (modulusLength !== undefined && (modulusLength < RSA_MIN_BITS || modulusLength > RSA_MAX_BITS)) {
    return refused(`RSA keys have ${RSA_MIN_BITS} to ${RSA_MAX_BITS} bits, this one has ${modulusLength}`)
  }
  return { ok: true, key: { algorithm, publicKey } }
}

function readPem(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}

function kindOf(key: KeyObject): string {
  return [key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve].filter(Boolean).join(" ")
}

function refused(problem: string): ParsedKey {
  return { ok: false, problem }
}
