import { createPrivateKey, generateKeyPair, type KeyObject, randomBytes } from "node:crypto"
import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"

/** A key as the template declares it. */
export type KeyDefinition = { keyId: string; arn: string; spec: KeySpec; usage: KeyUsage; aliases: string[] }
export type KeySpec = "SYMMETRIC_DEFAULT" | "RSA_2048"
export type KeyUsage = "ENCRYPT_DECRYPT" | "SIGN_VERIFY"

export type SymmetricKey = KeyDefinition & { kind: "symmetric"; secret: Buffer }
export type RsaKey = KeyDefinition & { kind: "rsa"; privateKey: KeyObject }
export type KmsKey = SymmetricKey | RsaKey

const SECRET_BYTES = 32

/** The keys with their material, which is made at the first start and kept in `dir`, readable by its owner only. */
export async function openKeys(dir: string, definitions: readonly KeyDefinition[]): Promise<KmsKey[]> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  return Promise.all(definitions.map((definition) => openKey(dir, definition)))
}

async function openKey(dir: string, definition: KeyDefinition): Promise<KmsKey> {
  const file = join(dir, `${definition.keyId}.key`)
  const material = (await readIfThere(file)) ?? (await keep(file, await makeMaterial(definition.spec)))
  return definition.spec === "SYMMETRIC_DEFAULT"
    ? { ...definition, kind: "symmetric", secret: Buffer.from(material, "base64") }
    : { ...definition, kind: "rsa", privateKey: createPrivateKey(material) }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8")
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw fault
  }
}

async function keep(file: string, material: string): Promise<string> {
  await writeFile(`${file}.new`, material, { mode: 0o600 })
  await rename(`${file}.new`, file)
  return material
}

async function makeMaterial(spec: KeySpec): Promise<string> {
  if (spec === "SYMMETRIC_DEFAULT") return randomBytes(SECRET_BYTES).toString("base64")
  const pair = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 })
  return pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString()
}
