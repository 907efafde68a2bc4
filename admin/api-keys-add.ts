import { parsePublicKey } from "../http/registered-key.ts"
import type { RegisteredMerchant } from "../persistence/merchant-items.ts"
import { changeMerchant, type Planned } from "./change-merchant.ts"
import type { Command } from "./command.ts"
import { readInput } from "./input-file.ts"
import { fingerprintOf } from "./key-fingerprint.ts"
import { UsageError } from "./usage-error.ts"

/** As it stands in `keyid="MERCHANT/KEY_ID"`. */
const KEY_ID = /^[0-9A-Za-z._-]{1,64}$/
/** Two are enough to rotate; each is read with the merchant. */
const MOST_LIVE = 10

/** B7, H3: a further key. The ones that are there go on working, so that a merchant changes over without a gap. */
export const apiKeysAdd: Command = {
  name: "api-keys add",
  words: "M KEY_ID",
  summary: "Registers a public key of a merchant, beside those it has",
  details: [
    "PEM, RSA of 2048 to 4096 bits or ECDSA P-256. It works at once. To replace a key: add the new one, let the",
    "merchant change over, then api-keys revoke the old one. An id that was used once is never free again.",
  ],
  takes: ["public-key", "operator", "reason", "json"],
  wordCount: { min: 2, max: 2 },
  async run(request, desk, terminal) {
    const keyId = keyIdFrom(request.words[1])
    const publicKeyPem = await publicKeyIn(request.publicKeyFile)
    const { algorithm, sha256 } = fingerprintOf(publicKeyPem)
    return changeMerchant(request, desk, terminal, (seen): Planned => {
      const why = whyNot(seen, keyId, sha256)
      if (why !== undefined) return { ok: false, why }
      return {
        ok: true,
        change: {
          action: "api-keys add",
          subject: `${seen.merchantId}/${keyId}`,
          what: `${algorithm} ${sha256}`,
          write: () => desk.merchants.addApiKey(seen, { keyId, publicKeyPem }, desk.clock.nowMs()),
          done: [`${seen.merchantId}/${keyId} is registered, ${algorithm}, SHA-256`, `  ${sha256}`],
          json: { keyId, algorithm, sha256 },
        },
      }
    })
  },
}

/** Throws a UsageError for what is no key id. */
export function keyIdFrom(word = ""): string {
  if (!KEY_ID.test(word)) throw new UsageError("a key id is 1 to 64 characters of 0-9 A-Z a-z . _ -")
  return word
}

/** In one spelling, whatever the file looks like. */
async function publicKeyIn(file: string | undefined): Promise<string> {
  if (file === undefined) throw new UsageError("--public-key FILE is needed, - for standard input")
  const parsed = parsePublicKey(await readInput(file))
  if (!parsed.ok) throw new UsageError(`--public-key: ${parsed.problem}`)
  return parsed.key.publicKey.export({ format: "pem", type: "spki" }).toString()
}

function whyNot(
  { apiKeys, merchantId }: RegisteredMerchant,
  keyId: string,
  sha256: string,
): string | undefined {
  const sameId = apiKeys.find((it) => it.keyId === keyId)
  if (sameId?.revoked)
    return `the id ${keyId} belonged to a key that was revoked and is never free again: take another`
  if (sameId) return `${merchantId} has a key ${keyId} already: take another id, then revoke this one`
  const sameKey = apiKeys.find((it) => fingerprintOf(it.publicKeyPem).sha256 === sha256)
  if (sameKey?.revoked)
    return `this very key was revoked as ${sameKey.keyId}: the merchant must make a new pair`
  if (sameKey) return `this very key is registered already, as ${sameKey.keyId}`
  const live = apiKeys.filter(({ revoked }) => !revoked).length
  return live >= MOST_LIVE ? `${merchantId} has ${live} live keys: revoke one first` : undefined
}
