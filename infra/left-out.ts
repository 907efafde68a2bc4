import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Plugin } from "esbuild"

/**
 * Parts of packages that no function calls, though the bundler cannot know: a tenth of a hot function, read and compiled at
 * every cold start. What stands in for them throws when it is called, so that a mistake here shows at once and never gives
 * a wrong result. None of it checks anything.
 */
type LeftOut = {
  /** The file, below node_modules. */
  file: string
  /** Exports that stay as they are. */
  keep?: readonly string[]
  /** Exports that are called although nothing comes of it: they give undefined. */
  idle?: readonly string[]
  why: string
}

export const LEFT_OUT: readonly LeftOut[] = [
  {
    file: "zod/v4/core/to-json-schema.js",
    why: "the OpenAPI document is made by docs/, not by functions",
  },
  {
    file: "zod/v4/core/json-schema-processors.js",
    keep: ["aggregateChecks"],
    why: "as above; the limits that a schema tells of itself stay",
  },
  {
    file: "@smithy/core/dist-es/submodules/event-streams/index.js",
    // S3's client makes its reader of event streams before it knows whether it needs one.
    keep: ["resolveEventStreamSerdeConfig"],
    idle: ["eventStreamSerdeProvider"],
    why: "none of the calls to AWS answers by an event stream",
  },
  {
    file: "http-message-signatures/lib/cavage/index.js",
    why: "the draft that RFC 9421 replaced; the profile knows RFC 9421 only",
  },
]

/**
 * Errors of AWS that keep their own class, since somebody tells them apart by it. All others arrive as their client's general
 * class, under the same name and with the same message: a client brings some fifty of them.
 */
export const TOLD_APART: readonly string[] = [
  "ConditionalCheckFailedException",
  "ExecutionAlreadyExists",
  "TransactionCanceledException",
]
const CLIENT_SCHEMAS = /node_modules\/@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_0\.js$/
const REGISTRATION = /^n0_registry\.registerError\(\w+\$, (\w+)\);$/gm

/** Of a client's package.json the version goes into the user agent; the rest of it is some 2 KB of dependencies. */
const CLIENT_PACKAGE = /node_modules\/@aws-sdk\/client-[^/]+\/package\.json$/

export function leaveOut(root: string): Plugin {
  return {
    name: "leave-out",
    setup(build) {
      for (const { file, keep = [], idle = [] } of LEFT_OUT) {
        const path = join(root, "node_modules", file)
        build.onLoad({ filter: endingWith(file) }, async ({ suffix }) =>
          suffix === REAL ? undefined : { contents: await standIn(path, keep, idle), loader: "js" },
        )
      }
      build.onResolve({ filter: endingWith(REAL) }, ({ path }) => ({
        path: path.slice(0, -REAL.length),
        suffix: REAL,
        sideEffects: false,
      }))
      build.onLoad({ filter: CLIENT_SCHEMAS }, async ({ path }) => ({
        contents: (await readFile(path, "utf8")).replace(REGISTRATION, (line, error: string) =>
          TOLD_APART.includes(error) ? line : "",
        ),
      }))
      build.onLoad({ filter: CLIENT_PACKAGE }, async ({ path }) => {
        const { version } = JSON.parse(await readFile(path, "utf8"))
        return { contents: JSON.stringify({ version }), loader: "json" }
      })
    },
  }
}

/** Marks the import of the file that a stand-in stands for. */
const REAL = "?real"

async function standIn(path: string, keep: readonly string[], idle: readonly string[]): Promise<string> {
  const names = exportsOf(await readFile(path, "utf8")).filter((name) => !keep.includes(name))
  return [
    ...(keep.length > 0 ? [`export { ${keep.join(", ")} } from ${JSON.stringify(path + REAL)}`] : []),
    'const leftOut = () => { throw new Error("left out of the bundle: infra/left-out.ts") }',
    "const nothing = () => undefined",
    ...names.map((name) => `export { ${idle.includes(name) ? "nothing" : "leftOut"} as ${name} }`),
  ].join("\n")
}

/** Names that an ES module exports; a CommonJS one is stood in for by nothing at all. */
function exportsOf(source: string): string[] {
  const declared = [...source.matchAll(/^export (?:const|function|class) ([\w$]+)/gm)].map(
    ([, name = ""]) => name,
  )
  const listed = [...source.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list = ""]) =>
    list.split(",").map((each) => each.trim().split(/\s+/).at(-1) ?? ""),
  )
  return [...declared, ...listed].filter((name) => name !== "")
}

function endingWith(path: string): RegExp {
  return new RegExp(`${path.replace(/[.?/]/g, "\\$&")}$`)
}
