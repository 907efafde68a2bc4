import assert from "node:assert/strict"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { admin } from "../../admin/running-admin.ts"

const root = join(import.meta.dirname, "..", "..")
const pages = globSync(["README.md", "docs/{operations,runbooks}/*.md"], { cwd: root })

// Without it the command refuses; with the wrong habit it would be another stage than the reader's.
test("each command of the CDK that a page shows says of which stage", () => {
  const commands = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), "utf8").replaceAll("\\\n", " ")
    return [...text.matchAll(/npx cdk [a-z][^`;&#|]*?(?=`|;|&|#|\||\n(?!stage=))/g)].map(([command]) => [
      page,
      command,
    ])
  })
  assert.ok(commands.length > 8)
  for (const [page, command = ""] of commands) assert.match(command, /-c\sstage=\w+/, `${page}: ${command}`)
})

test("each of the operators' commands stands on their page, or on that of the keys", async () => {
  const { out } = await admin(["--help"])
  const names = [...out.matchAll(/^ {2}([a-z][a-z -]*?) {2,}/gm)].map(([, name = ""]) => name)
  assert.ok(names.length > 25)
  const [page, keys] = ["admin.md", "keys.md"].map((it) =>
    readFileSync(join(import.meta.dirname, it), "utf8"),
  )
  for (const name of names) {
    const ofKeys = name.match(/^platform-keys (.*)$/)?.[1]
    const written = new RegExp(ofKeys ? `\`(platform-keys )?${ofKeys}[ \`]` : `\`${name}[ \`]`)
    assert.match((ofKeys ? keys : page) ?? "", written, name)
  }
})
