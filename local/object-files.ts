/** Objects of a bucket as files of a folder, so that a person finds them: the parts of a key are folders, its last the file. */
import { createHash } from "node:crypto"
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { ulid } from "ulid"

export type ObjectFolder = {
  dir: string
  /** Where every key begins with it and it is no folder here. */
  below?: string
}

export type ObjectFacts = { key: string; bytes: number; changedMs: number }

export type ObjectFiles = {
  /** False, and nothing is written, where it is to be absent and is not. */
  put(key: string, body: Buffer, onlyIfAbsent: boolean): Promise<boolean>
  get(key: string): Promise<{ body: Buffer; changedMs: number } | undefined>
  /** Those whose key begins with the prefix, in the order of their keys. */
  list(prefix: string): Promise<ObjectFacts[]>
}

/** Files that are being written; no key's part begins like that. */
const UNFINISHED = "%new-"

export function objectFiles({ dir, below = "" }: ObjectFolder): ObjectFiles {
  return {
    async put(key, body, onlyIfAbsent) {
      const file = join(dir, pathOf(key, below))
      await mkdir(dirname(file), { recursive: true })
      // Written beside and then named, so that a kill leaves the old object or the new one.
      const unfinished = join(dirname(file), `${UNFINISHED}${ulid()}`)
      await writeFile(unfinished, body)
      if (!onlyIfAbsent) {
        await rename(unfinished, file)
        return true
      }
      try {
        await link(unfinished, file)
        return true
      } catch (fault) {
        if (codeOf(fault) === "EEXIST") return false
        throw fault
      } finally {
        await rm(unfinished)
      }
    },

    async get(key) {
      if (!key.startsWith(below)) return undefined
      const file = join(dir, pathOf(key, below))
      try {
        const [body, { mtimeMs }] = await Promise.all([readFile(file), stat(file)])
        return { body, changedMs: mtimeMs }
      } catch (fault) {
        if (["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(fault))) return undefined
        throw fault
      }
    },

    async list(prefix) {
      const folders = prefix.startsWith(below) ? prefix.slice(below.length).split("/").slice(0, -1) : []
      const found: ObjectFacts[] = []
      await walk(join(dir, ...folders.map(encode)), below + folders.map((it) => `${it}/`).join(""), found)
      return found
        .filter(({ key }) => key.startsWith(prefix))
        .sort((one, other) => (one.key < other.key ? -1 : 1))
    },
  }
}

export function etagOf(body: Buffer): string {
  return `"${createHash("md5").update(body).digest("hex")}"`
}

async function walk(dir: string, prefix: string, found: ObjectFacts[]): Promise<void> {
  for (const entry of await entriesOf(dir)) {
    if (entry.name.startsWith(UNFINISHED)) continue
    const key = prefix + decodeURIComponent(entry.name)
    if (entry.isDirectory()) await walk(join(dir, entry.name), `${key}/`, found)
    else {
      const facts = await factsOf(join(dir, entry.name))
      if (facts) found.push({ key, ...facts })
    }
  }
}

async function entriesOf(dir: string) {
  try {
    return await readdir(dir, { withFileTypes: true })
  } catch (fault) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(fault))) return []
    throw fault
  }
}

async function factsOf(file: string): Promise<Omit<ObjectFacts, "key"> | undefined> {
  try {
    const { size, mtimeMs } = await stat(file)
    return { bytes: size, changedMs: mtimeMs }
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return undefined
    throw fault
  }
}

/** Throws for what S3 would take and no folder can hold: empty parts, and keys outside of `below`. */
function pathOf(key: string, below: string): string {
  if (!key.startsWith(below)) throw new Error(`${key} is not below ${below}`)
  return join(...key.slice(below.length).split("/").map(encode))
}

function encode(part: string): string {
  if (part === "") throw new Error("a key with an empty part cannot be kept here")
  return /^\.+$/.test(part) ? part.replaceAll(".", "%2E") : encodeURIComponent(part)
}

function codeOf(fault: unknown): string {
  return (fault as NodeJS.ErrnoException).code ?? ""
}
