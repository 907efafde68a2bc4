/** The lines of a bill's file, read by the names in its header: RFC 4180, and the apostrophe that guards against formulas. */

export type BillLine = Readonly<Record<string, string>>

export function readBillLines(text: string): BillLine[] {
  const [header = [], ...records] = recordsIn(text)
  return records.map((cells) =>
    Object.fromEntries(header.map((name, at) => [name, unguarded(cells[at] ?? "")])),
  )
}

/** Whole records; a quoted text may hold commas, quotes and line ends. */
function recordsIn(text: string): string[][] {
  const records: string[][] = []
  let cells: string[] = []
  let from = 0
  while (from < text.length) {
    const { cell, end } = text[from] === '"' ? quotedCell(text, from + 1) : plainCell(text, from)
    cells.push(cell)
    if (text[end] === ",") {
      from = end + 1
      continue
    }
    if (!text.startsWith("\r\n", end)) throw new Error(`a line of the file is broken off at character ${end}`)
    records.push(cells)
    cells = []
    from = end + 2
  }
  return records
}

function plainCell(text: string, from: number): { cell: string; end: number } {
  let end = from
  while (end < text.length && text[end] !== "," && text[end] !== "\r") end += 1
  return { cell: text.slice(from, end), end }
}

function quotedCell(text: string, from: number): { cell: string; end: number } {
  let cell = ""
  for (let at = from; at < text.length; at++) {
    if (text[at] !== '"') cell += text[at]
    else if (text[at + 1] === '"') {
      cell += '"'
      at += 1
    } else return { cell, end: at + 1 }
  }
  throw new Error("a quoted text has no end")
}

function unguarded(cell: string): string {
  return cell.startsWith("'") ? cell.slice(1) : cell
}
