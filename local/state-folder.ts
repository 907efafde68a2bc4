import { randomBytes } from "node:crypto"
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { Credentials } from "./account.ts"
import { StartFault } from "./start-fault.ts"

/** Held by one platform at a time, until `release` or the end of the process, however it ends. */
export type StateFolder = { dir: string; release(): void }

const LOCK = "platform.lock"
const PID = "platform.pid"
/** Says that the folder was made by a platform, so that --reset may empty it. */
const MARKER = ".metro-pay"
const SQLITE_BUSY = 5

/**
 * Makes the folder if there is none, takes it for this process and empties it on demand. Throws a StartFault for one that
 * cannot be used, is in use, or is to be emptied but holds somebody else's files.
 */
export function openStateFolder(dir: string, { reset }: { reset: boolean }): StateFolder {
  try {
    mkdirSync(dir, { recursive: true })
    if (!statSync(dir).isDirectory()) throw new Error("it is no folder")
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK)
    if (readdirSync(dir).length === 0)
      writeFileSync(join(dir, MARKER), "State of a Metro Pay platform on this machine.\n")
  } catch (fault) {
    throw new StartFault(`the state folder ${dir} cannot be used: ${reason(fault)}`)
  }
  const lock = takeLock(dir)
  try {
    if (reset) empty(dir)
    writeFileSync(join(dir, PID), String(process.pid))
  } catch (fault) {
    lock.close()
    if (fault instanceof StartFault) throw fault
    throw new StartFault(`the state folder ${dir} cannot be used: ${reason(fault)}`)
  }
  return {
    dir,
    release() {
      rmSync(join(dir, PID), { force: true })
      lock.close()
    },
  }
}

/** The operating system's own lock, by way of SQLite: it ends with the process, so none is ever left behind by a kill. */
function takeLock(dir: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(dir, LOCK), { timeout: 0 })
    database.exec("BEGIN EXCLUSIVE")
    return database
  } catch (fault) {
    database?.close()
    if ((fault as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new StartFault(`the state folder ${dir} is used by another running platform${holder(dir)}`)
    }
    throw new StartFault(`the state folder ${dir} cannot be used: ${reason(fault)}`)
  }
}

function holder(dir: string): string {
  try {
    return ` (process ${Number(readFileSync(join(dir, PID), "utf8"))})`
  } catch {
    return ""
  }
}

function empty(dir: string): void {
  const entries = readdirSync(dir)
  if (!entries.includes(MARKER)) {
    throw new StartFault(
      `the folder ${dir} was not made by a platform and is not emptied: name another or empty it yourself`,
    )
  }
  const kept = [LOCK, `${LOCK}-journal`, MARKER]
  for (const entry of entries) if (!kept.includes(entry)) rmSync(join(dir, entry), { recursive: true })
}

function reason(fault: unknown): string {
  const { code, message } = fault as NodeJS.ErrnoException
  const known: Record<string, string> = {
    EACCES: "no permission",
    EEXIST: "it is no folder",
    ENOTDIR: "it is no folder",
    EPERM: "no permission",
    EROFS: "it is read-only",
    ENOSPC: "the disk is full",
  }
  return known[code ?? ""] ?? message
}

/** The access key of this folder's tables: DynamoDB Local shows each key only its own. Letters and digits, as it asks for. */
export function openCredentials(dir: string): Credentials {
  const file = join(dir, "credentials.json")
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Credentials
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new StartFault(`cannot read ${file}: ${(fault as Error).message}; start with --reset`)
    }
  }
  const made = {
    accessKeyId: `local${randomBytes(8).toString("hex")}`,
    secretAccessKey: randomBytes(20).toString("hex"),
  }
  writeFileSync(`${file}.new`, JSON.stringify(made), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return made
}
