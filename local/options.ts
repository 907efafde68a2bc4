import { join } from "node:path"
import { parseArgs } from "node:util"
import { StartFault } from "./start-fault.ts"

export type StartOptions = { help: boolean; port: number; dataDir: string; reset: boolean; fast: boolean }

export const DEFAULT_PORT = 8787

export const HELP = `Usage: npm start -- [options]

  --port N     port of the platform on 127.0.0.1 (or PORT; ${DEFAULT_PORT}); 0 takes a free one
  --data DIR   state folder (or DATA_DIR; .local)
  --reset      start with an empty state
  --fast       divide every waiting plan by twenty
  --help       show this`

/** Options win over the environment. Throws a StartFault that names what is wrong. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv, root: string): StartOptions {
  const given = parse(args)
  const portGiven = given.port ?? (env.PORT || String(DEFAULT_PORT))
  const port = /^\d{1,5}$/.test(portGiven) ? Number(portGiven) : Number.NaN
  if (!(port <= 65_535))
    throw new StartFault(`"${portGiven}" is no port: a number from 0 to 65535 is expected`)
  const dataDir = given.data ?? (env.DATA_DIR || join(root, ".local"))
  if (dataDir === "") throw new StartFault("--data needs the name of a folder")
  return { help: given.help ?? false, port, dataDir, reset: given.reset ?? false, fast: given.fast ?? false }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        data: { type: "string" },
        reset: { type: "boolean" },
        fast: { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values
  } catch (fault) {
    // Only its first sentence says what is wrong; the rest explains how to escape dashes.
    const [what] = (fault as Error).message.split(/\. |\n/)
    throw new StartFault(`${what}; --help lists the options`)
  }
}
