import { readFileSync } from "node:fs"
import { join } from "node:path"
import { buildSync } from "esbuild"

export type PageFile = { type: string; body: Buffer }

const PAGE = join(import.meta.dirname, "page")
const ROOT = join(import.meta.dirname, "..", "..")

/** Pages of the manual that the page links to, by the name that they have here. They are shown as they are written. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  "merchants.md": "docs/merchants/README.md",
  "openapi.json": "docs/openapi.json",
  "order-states.md": "docs/order-states.md",
  "architecture.md": "docs/architecture.md",
  "local.md": "docs/local.md",
}

/** The files of the page by path. They are made when the first of them is asked for, and kept. */
export function pageFiles(): (path: string) => PageFile | undefined {
  let files: ReadonlyMap<string, PageFile> | undefined
  return (path) => {
    files ??= readPage()
    return files.get(path)
  }
}

function readPage(): ReadonlyMap<string, PageFile> {
  const icon = { type: "image/svg+xml", body: readFileSync(join(PAGE, "icon.svg")) }
  return new Map([
    ["/", { type: "text/html; charset=utf-8", body: readFileSync(join(PAGE, "index.html")) }],
    ["/favicon.ico", icon],
    ["/local/try-it/icon.svg", icon],
    ...bundled(),
    ...Object.entries(DOCUMENTS).map(([name, file]): [string, PageFile] => [
      `/local/try-it/documents/${name}`,
      {
        type: name.endsWith(".json") ? "application/json" : "text/plain; charset=utf-8",
        body: readFileSync(join(ROOT, file)),
      },
    ]),
  ])
}

/** One script and one style sheet, whatever number of files they are written in. */
function bundled(): [string, PageFile][] {
  // The synchronous build leaves no process behind that a clean end would have to wait for.
  const { outputFiles } = buildSync({
    entryPoints: { page: join(PAGE, "main.ts"), style: join(PAGE, "style.css") },
    outdir: "/local/try-it",
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    logLevel: "silent",
  })
  return outputFiles.map(({ path, contents }) => {
    const script = path.endsWith(".js")
    return [
      script ? "/local/try-it/page.js" : "/local/try-it/style.css",
      { type: `text/${script ? "javascript" : "css"}; charset=utf-8`, body: Buffer.from(contents) },
    ]
  })
}
