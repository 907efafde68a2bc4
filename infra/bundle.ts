import { mkdirSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { buildSync } from "esbuild"
import { FUNCTION_NAMES } from "./function-table.ts"

/** CommonJS packages call `require` for node's own modules, which an ES module does not have. */
const REQUIRE =
  'import{createRequire as metroPayRequire}from"node:module";const require=metroPayRequire(import.meta.url);\n'
/** What esbuild puts into a bundle that needs it. */
const NEEDS_REQUIRE = "Dynamic require of "

/**
 * Bundles functions/<name>/handler.ts into <output>/functions/<name>/index.mjs, alone in its folder, since the folder is
 * what gets deployed and cold starts grow with it. Source maps go to <output>/source-maps, for reading a stack trace
 * afterwards. Throws what esbuild finds wrong.
 */
export function bundleFunctions(root: string, output: string): void {
  const built = buildSync({
    entryPoints: Object.fromEntries(
      FUNCTION_NAMES.map((name) => [name, join(root, "functions", name, "handler.ts")]),
    ),
    outdir: output,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // Most of the SDK is published twice; only its ES modules can be stripped of what is not called.
    mainFields: ["module", "main"],
    alias: {
      "@aws-sdk/credential-provider-node": join(root, "functions", "lambda-credentials.ts"),
      // Published twice; http-message-signatures asks for the other copy than we do, and the bundle would hold both.
      "structured-headers": join(root, "node_modules", "structured-headers", "dist", "index.js"),
    },
    minify: true,
    sourcemap: "external",
    sourcesContent: false,
    legalComments: "none",
    logLevel: "silent",
    write: false,
  })
  for (const { path, text } of built.outputFiles) {
    if (path.endsWith(".map")) write(join(output, "source-maps", basename(path)), text)
    else write(join(output, "functions", basename(path, ".mjs"), "index.mjs"), withRequire(text))
  }
}

function withRequire(bundle: string): string {
  return bundle.includes(NEEDS_REQUIRE) ? REQUIRE + bundle : bundle
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
