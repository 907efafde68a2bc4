import assert from "node:assert/strict"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { ChildProcesses } from "./child-processes.ts"
import { emulatorPython } from "./emulator-python.ts"
import { MissingPart } from "./missing-part.ts"

const folder = mkdtempSync(join(tmpdir(), "metro-pay-python-"))
const path = process.env.PATH
after(() => {
  process.env.PATH = path
  rmSync(folder, { recursive: true, force: true })
})

async function assertToldInALine(): Promise<void> {
  process.env.PATH = folder
  const children = new ChildProcesses()
  await assert.rejects(emulatorPython(children, join(folder, "kept")), (fault: Error) => {
    assert.ok(fault instanceof MissingPart)
    assert.match(fault.message, /^Python 3\.10 or later with venv is needed[^\n]*$/)
    return true
  })
}

test("a missing Python is told in a line", assertToldInALine)

test("so is one that is too old, or parted from venv", async () => {
  const python = join(folder, "python3")
  writeFileSync(python, "#!/bin/sh\nexit 1\n")
  chmodSync(python, 0o755)
  await assertToldInALine()
})
