import { mkdirSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { type BuildOptions, build, type Plugin } from "esbuild"
import { FUNCTION_NAMES } from "./function-table.ts"
import { leaveOut } from "./left-out.ts"

/** CommonJS packages call `require` for node's own modules, which an ES module does not have. */
const REQUIRE =
  'import{createRequire as metroPayRequire}from"node:module";const require=metroPayRequire(import.meta.url);\n'
/** What esbuild puts into a bundle that needs it. */
const NEEDS_REQUIRE = "Dynamic require of "

/** Where a function finds the tracer, should its stage trace. */
const TRACER_SOURCE = "functions/xray.ts"
const TRACER_CHUNK = "xray.mjs"

/**
 * Bundles functions/<name>/handler.ts into <output>/functions/<name>/index.mjs, alone in its folder, since the folder is
 * what gets deployed and cold starts grow with it. With `tracing` the tracer lies beside it, which is as large as a third
 * of a function and is loaded only then. Source maps go to <output>/source-maps, for reading a stack trace afterwards.
 * Throws what esbuild finds wrong.
 */
export async function bundleFunctions(
  root: string,
  output: string,
  { tracing }: { tracing: boolean } = { tracing: false },
): Promise<void> {
  const handlers = FUNCTION_NAMES.map((name) => [name, join(root, "functions", name, "handler.ts")])
  const bundles = await bundle(root, output, Object.fromEntries(handlers))
  for (const { path, text } of bundles) {
    if (path.endsWith(".map")) write(join(output, "source-maps", basename(path)), text)
    else write(join(output, "functions", basename(path, ".mjs"), "index.mjs"), withRequire(text))
  }
  if (!tracing) return
  const [tracer] = await bundle(root, output, { xray: join(root, TRACER_SOURCE) }, { sourcemap: false })
  if (!tracer) throw new Error(`${TRACER_SOURCE} gave no bundle`)
  for (const name of FUNCTION_NAMES)
    write(join(output, "functions", name, TRACER_CHUNK), withRequire(tracer.text))
}

async function bundle(
  root: string,
  outdir: string,
  entryPoints: Record<string, string>,
  options: BuildOptions = {},
) {
  const built = await build({
    entryPoints,
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // Most of the SDK is published twice; only its ES modules can be stripped of what is not called.
    mainFields: ["module", "main"],
    alias: {
      "@aws-sdk/credential-provider-node": join(root, "functions", "lambda-credentials.ts"),
      "@aws-sdk/middleware-endpoint-discovery": join(root, "functions", "no-endpoint-discovery.ts"),
      // Published twice; http-message-signatures asks for the other copy than we do, and the bundle would hold both.
      "structured-headers": join(root, "node_modules", "structured-headers", "dist", "index.js"),
    },
    plugins: [leaveOut(root), tracerBeside()],
    minify: true,
    sourcemap: "external",
    sourcesContent: false,
    legalComments: "none",
    logLevel: "silent",
    write: false,
    ...options,
  })
  return built.outputFiles ?? []
}

/** The tracer is imported from its own file, not taken into the bundle. */
function tracerBeside(): Plugin {
  return {
    name: "tracer-beside",
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\/xray\.ts$/ }, ({ kind }) =>
        kind === "dynamic-import" ? { path: `./${TRACER_CHUNK}`, external: true } : undefined,
      )
    },
  }
}

function withRequire(bundle: string): string {
  return bundle.includes(NEEDS_REQUIRE) ? REQUIRE + bundle : bundle
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
