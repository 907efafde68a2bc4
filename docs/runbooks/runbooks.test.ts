import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { admin } from "../../admin/running-admin.ts"
import { alarmTable } from "../../infra/alarms.ts"
import { FUNCTION_NAMES } from "../../infra/function-table.ts"
import { settingsOf, templatesOf } from "../../infra/test-templates.ts"

const rows = alarmTable({
  stage: "production",
  apiId: "api",
  tables: { main: "main", settings: "settings" },
  queues: { wechat: { polls: "polls", deadLetters: "dead-letters" } },
  lostRefunds: "lost-refunds",
  notificationQueues: { first: "first", repeats: "repeats", deadLetters: "untold" },
  refundWorkflowArn: "arn:aws:states:::refund",
  lostUndos: "lost",
  undoWorkflowArn: "arn",
  billsWorkflowArn: "arn:aws:states:::bills",
  signingKeyDays: 90,
})
const names = [...new Set(rows.map(({ name }) => name))]

const dir = import.meta.dirname
const read = (name: string) => readFileSync(join(dir, `${name}.md`), "utf8")
/** Lines may end anywhere in it. */
const unfolded = (text: string) => text.replaceAll(/\s+/g, " ")
const pages = readdirSync(dir).filter((file) => file.endsWith(".md") && file !== "README.md")
const all = pages.map((file) => unfolded(read(file.replace(".md", "")))).join("\n")

test("each alarm has its page and each page its alarm", () => {
  assert.deepEqual(pages.sort(), names.map((name) => `${name}.md`).sort())
})

for (const { name, means } of rows) {
  test(`${name}: its page says what the alarm says, and what to do; the index has it`, () => {
    const page = read(name)
    assert.ok(unfolded(page).startsWith(`# ${name} ${means} It goes on when `), "begins like the alarm")
    const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title)
    assert.deepEqual(sections, ["Is it so?", "Now", "Not", "Over"])
    assert.ok(
      unfolded(read("README")).includes(`| [${name}](${name}.md) | ${means} |`),
      "stands in the index",
    )
  })
}

const written = [...all.matchAll(/npm run admin -- ([^`]+)`/g)].map(([, words = ""]) => words)

test("each command of ours that a page names exists, with its options", async () => {
  assert.ok(written.length > 10)
  for (const command of new Set(written)) {
    const words = command.split(" ").filter((word) => /^[a-z][a-z-]*$/.test(word))
    const { code, out } = await admin([...words, "--help"])
    assert.equal(code, 0, command)
    for (const option of command.match(/--[a-z]+/g) ?? [])
      assert.ok(out.includes(option), `${command}: ${option}`)
  }
})

test("each command that a page shows may be typed as it stands: all its words, and what it demands", async () => {
  const nothing = mkdtempSync(join(tmpdir(), "runbooks-"))
  try {
    for (const command of new Set(written)) {
      assert.match(command, / --stage STAGE( |$)/, command)
      const args = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "")
      const onThisMachine = args.flatMap((it, at) =>
        it === "--stage" ? ["--data", nothing] : args[at - 1] === "--stage" ? [] : [it],
      )
      const { err } = await admin(onThisMachine)
      // So far a command only comes whose words and options are right.
      assert.match(err, /no local platform runs/, command)
    }
  } finally {
    rmSync(nothing, { recursive: true })
  }
})

test("each widget that a page points at stands on the dashboard", () => {
  const { watch } = templatesOf({ stage: "production" })
  const dashboard = JSON.stringify(watch.findResources("AWS::CloudWatch::Dashboard"))
  const titles = [
    ...all.matchAll(/"((?:API|Desk|Functions|Queues|Streams|Tables|wechat|Undo workflow)[^"]*)"/g),
  ]
  assert.ok(titles.length > 30)
  for (const [, title = ""] of titles) assert.ok(dashboard.includes(title), title)
})

test("each function, setting and schedule that a page names exists", () => {
  for (const [, name = ""] of all.matchAll(/--function-name MetroPay-STAGE-([a-z]+)/g))
    assert.ok((FUNCTION_NAMES as readonly string[]).includes(name), name)
  const production = settingsOf({ stage: "production" })
  for (const [, name = ""] of all.matchAll(/get-schedule --name MetroPay-STAGE-(\w+)/g))
    assert.ok(Object.hasOwn(production.schedules, name), name)
  for (const [, name = ""] of all.matchAll(/reservedConcurrency\.(\w+)/g))
    assert.ok(Object.hasOwn(production.reservedConcurrency ?? {}, name), name)
})

test("each page that a page links to exists", () => {
  for (const file of [...pages, "README.md"]) {
    for (const [, target = ""] of readFileSync(join(dir, file), "utf8").matchAll(/\]\(([^)#]+)[^)]*\)/g))
      assert.doesNotThrow(() => readFileSync(join(dir, target)), `${file}: ${target}`)
  }
})
