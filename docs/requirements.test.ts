import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"

const ROOT = join(import.meta.dirname, "..")
const page = readFileSync(join(import.meta.dirname, "requirements.md"), "utf8")

/** How many requirements each part of the system has. */
const PARTS = { A: 19, B: 11, C: 8, D: 15, E: 10, F: 9, G: 7, H: 10 } as const

/** The ids in the first cell of a row: "A11", "A12, A18", "B1–B11". */
function idsIn(cell: string): string[] {
  return cell.split(", ").flatMap((part) => {
    const [, letter = "", first = "", last = first] = /^([A-H])(\d+)(?:–[A-H]?(\d+))?$/.exec(part) ?? []
    const from = Number(first)
    return Array.from({ length: Number(last) - from + 1 }, (_, it) => `${letter}${from + it}`)
  })
}

test("every requirement has one row, and no row is about none", () => {
  const rows = [...page.matchAll(/^\| ([A-H]\d[^|]*) \|/gm)].flatMap(([, cell = ""]) => idsIn(cell))
  const known = Object.entries(PARTS).flatMap(([part, count]) =>
    Array.from({ length: count }, (_, it) => `${part}${it + 1}`),
  )
  assert.deepEqual(rows.sort(), known.sort())
})

test("every test that is quoted stands in the file that is named before it", () => {
  const quoted = [...page.matchAll(/`([\w./-]+\.test\.ts)`(?: \(|, )("[^)]+")/g)].flatMap(
    ([, file = "", titles = ""]) =>
      [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => ({ file, title })),
  )
  assert.ok(quoted.length > 20)
  const missing = quoted.filter(({ file, title }) => {
    const text = readFileSync(join(ROOT, file), "utf8")
    return !title.split("…").every((part) => text.includes(part.trim()))
  })
  assert.deepEqual(missing, [])
})
