import { createWriteStream, mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Readable } from "node:stream"

/** A function's log: many processes write, each line stands whole. */
export type LogFile = {
  line(text: string): void
  /** Takes over what this stream says, line by line. */
  collect(stream: Readable | null): void
  close(): Promise<void>
}

/** <dir>/<name>.log, appended to. `heard` is told each line. */
export function openLogFile(dir: string, name: string, heard: (line: string) => void = () => {}): LogFile {
  mkdirSync(dir, { recursive: true })
  const file = createWriteStream(join(dir, `${name}.log`), { flags: "a" })
  // A full disk costs log lines, not payments.
  file.on("error", () => {})
  const line = (text: string) => {
    file.write(`${text}\n`)
    heard(text)
  }
  return {
    line,
    collect(stream) {
      let begun = ""
      stream?.setEncoding("utf8")
      stream?.on("data", (text: string) => {
        const lines = (begun + text).split("\n")
        begun = lines.pop() ?? ""
        for (const each of lines) line(each)
      })
      stream?.once("end", () => {
        if (begun !== "") line(begun)
      })
    },
    close: () => new Promise((resolve) => file.end(() => resolve())),
  }
}
