import { createReadStream } from "node:fs"
import { UsageError } from "./usage-error.ts"

/** Keys and settings are a few kilobytes. */
const MOST_BYTES = 64 * 1024

/**
 * What stands in the file, or comes by standard input where the name is `-`. So secrets never stand among the arguments,
 * where every process of the machine can read them and shells remember them. Throws a UsageError that names the file.
 */
export async function readInput(name: string): Promise<string> {
  const shown = name === "-" ? "standard input" : name
  const input = name === "-" ? process.stdin : createReadStream(name)
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of input) {
      bytes += part.length
      if (bytes > MOST_BYTES) throw new UsageError(`${shown} is too large: ${MOST_BYTES} bytes at most`)
      parts.push(part)
    }
  } catch (fault) {
    if (fault instanceof UsageError) throw fault
    throw new UsageError(`${shown} cannot be read: ${whyNot(fault)}`)
  }
  const text = Buffer.concat(parts).toString("utf8")
  if (text.trim() === "") throw new UsageError(`${shown} is empty`)
  return text
}

function whyNot(fault: unknown): string {
  const { code = "unknown fault" } = fault as NodeJS.ErrnoException
  return { ENOENT: "there is no such file", EACCES: "no permission", EISDIR: "it is a folder" }[code] ?? code
}
