/** What must stand in no log, event or audit entry (I11): gathered while it is used, and looked for afterwards. */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export type Secrets = {
  add(what: string, secret: string): void
  /** What kinds of secrets stand in a text. One is found by any of its pieces: a line of a PEM, part of a signature. */
  foundIn(text: string): string[]
  readonly count: number
}

/** Texts are compared by windows of this length, so that ten thousand codes cost no more than one. */
const WINDOW = 11
/** Of what is longer, this much in a row is looked for. */
const PIECE = 40

export function openSecrets(): Secrets {
  const byWindow = new Map<string, { what: string; text: string }[]>()
  let count = 0
  return {
    add(what, secret) {
      count += 1
      for (const text of piecesOf(secret)) {
        const window = text.slice(0, WINDOW)
        byWindow.set(window, [...(byWindow.get(window) ?? []), { what, text }])
      }
    },
    foundIn(text) {
      const found = new Set<string>()
      for (let at = 0; at + WINDOW <= text.length; at++) {
        for (const piece of byWindow.get(text.slice(at, at + WINDOW)) ?? [])
          if (text.startsWith(piece.text, at)) found.add(piece.what)
      }
      return [...found]
    },
    get count() {
      return count
    },
  }
}

function piecesOf(secret: string): string[] {
  return secret
    .split(/\s+/)
    .flatMap((line) => line.match(new RegExp(`.{1,${PIECE}}`, "g")) ?? [])
    .filter((piece) => piece.length >= WINDOW && !/^-+(BEGIN|END)/.test(piece))
}

/** The private keys of the demo merchants and the channels, and the keys that notifications are sealed with. */
export function addKeysOf(dataDir: string, secrets: Secrets): void {
  for (const pem of [...pemsIn(join(dataDir, "demo")), ...pemsIn(join(dataDir, "channels"))]) {
    secrets.add("private key", pem.replace(/-----[A-Z ]+-----/g, ""))
    // As local/channels.ts makes them.
    secrets.add("API v3 key", createHash("sha256").update(pem).digest("hex").slice(0, 32))
  }
}

function pemsIn(dir: string): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".pem"))
    .map((name) => readFileSync(join(dir, name), "utf8"))
    .filter((pem) => pem.includes("PRIVATE KEY"))
}
