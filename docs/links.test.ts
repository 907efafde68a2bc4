/** What the pages point at is there: files, folders, headings. Addresses elsewhere are not looked at. */
import assert from "node:assert/strict"
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { test } from "node:test"

const ROOT = join(import.meta.dirname, "..")
/** Made by programs, or brought by npm. */
const NOT_OURS = ["node_modules", "cdk.out", ".build", ".git", ".local"]
const pages = globSync("**/*.md", { cwd: ROOT, exclude: (name) => NOT_OURS.includes(name) })

const textOf = (page: string) => readFileSync(join(ROOT, page), "utf8")
const withoutBlocks = (text: string) => text.replaceAll(/^ *```[\s\S]*?^ *```/gm, "")
const withoutCode = (text: string) => withoutBlocks(text).replaceAll(/`[^`\n]*`/g, "")

/** Where a page's links to files lead, as they are written. */
function targetsIn(page: string): string[] {
  return [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
}

/** As the usual hosts make them of headings: lower case, no punctuation, hyphens for blanks, numbers for what comes again. */
function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>()
  const anchors = [...withoutBlocks(textOf(page)).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase()
    const anchor = words.replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
    const before = seen.get(anchor) ?? 0
    seen.set(anchor, before + 1)
    return before === 0 ? anchor : `${anchor}-${before}`
  })
  return new Set(anchors)
}

test("every link between pages and files leads somewhere, headings included", () => {
  assert.ok(pages.length > 50, "the pages were found")
  const broken = pages.flatMap((page) =>
    targetsIn(page)
      .filter((target) => {
        const [path = "", anchor] = target.split("#")
        const file = path === "" ? page : normalize(join(dirname(page), decodeURI(path)))
        if (!existsSync(join(ROOT, file))) return true
        return anchor !== undefined && !anchorsOf(file).has(anchor)
      })
      .map((target) => `${page}: ${target}`),
  )
  assert.deepEqual(broken, [])
})

/** A path from the root, with at least one folder, and an ending that files of ours have. */
const FILE = /^(?:[\w.-]+\/)+[\w.-]+\.(?:ts|mjs|json|md|sh|py|txt)$/

test("every file that a page names by its path is there", () => {
  const folders = new Set(globSync("*", { cwd: ROOT }).filter((name) => !NOT_OURS.includes(name)))
  const missing = pages.flatMap((page) =>
    [...withoutBlocks(textOf(page)).matchAll(/`([^`\n]+)`/g)]
      .map(([, name = ""]) => name)
      .filter((name) => FILE.test(name) && folders.has(name.split("/")[0] ?? ""))
      .filter((name) => !existsSync(join(ROOT, name)))
      .map((name) => `${page}: ${name}`),
  )
  assert.deepEqual(missing, [])
})

test("every decision stands in the index of decisions", () => {
  const index = textOf("docs/adr/README.md")
  const decisions = globSync("docs/adr/0*.md", { cwd: ROOT }).map((page) => page.replace("docs/adr/", ""))
  assert.deepEqual(
    decisions.filter((page) => !index.includes(`](${page})`)),
    [],
  )
})
