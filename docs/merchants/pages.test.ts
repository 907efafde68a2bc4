import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { ERRORS } from "../../api/errors.ts"
import { PayStatus, RefundStatus } from "../../api/merchant-api.ts"
import { PAY_ERRORS } from "../../api/pay-errors.ts"
import { AGREEMENT_PAY_TYPES } from "../../domain/channel.ts"
import answers from "../../test/vectors/answers.json" with { type: "json" }
import requests from "../../test/vectors/requests.json" with { type: "json" }

const HERE = import.meta.dirname
const pages = readdirSync(HERE)
  .filter((name) => name.endsWith(".md"))
  .map((name) => join(HERE, name))
pages.push(join(HERE, "../../sdk/README.md"))

/** As they are made of a heading on the usual hosts: lower case, no punctuation, hyphens for blanks. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  )
}

for (const page of pages) {
  test(`${page.split("/").slice(-2).join("/")}: its links lead somewhere`, () => {
    const text = readFileSync(page, "utf8")
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue
      const [path = "", anchor] = target.split("#")
      const file = path === "" ? page : join(dirname(page), path)
      assert.ok(existsSync(file), target)
      if (anchor) assert.ok(anchorsOf(readFileSync(file, "utf8")).has(anchor), target)
    }
  })
}

test("the worked examples are those of the vectors", () => {
  const page = readFileSync(join(HERE, "signing.md"), "utf8")
  const [call] = requests.vectors
  assert.ok(page.includes(`\n\`\`\`\n${call?.body}\n\`\`\`\n`))
  assert.ok(page.includes(`${Buffer.byteLength(call?.body ?? "")} bytes`))
  assert.ok(page.includes(`\n\`\`\`\n${call?.signature_base.join("\n")}\n\`\`\`\n`))
  for (const [name, value] of [
    ["Content-Digest", call?.content_digest],
    ["Signature-Input", call?.signature_input],
    ["Signature", call?.signature],
  ])
    assert.ok(page.includes(`\n${name}: ${value}\n`), name)
  const shortened = (line: string) => line.replace(/: (:FNrpnCDB).*(kiwPFw==:)$/, ": $1…$2")
  const [answer] = answers.vectors
  assert.ok(page.includes(`\n\`\`\`\n${answer?.signature_base.map(shortened).join("\n")}\n\`\`\`\n`))
})

test("every code, status and pay type that the pages name exists", () => {
  const known = new Set<string>([
    ...Object.keys(ERRORS),
    ...Object.keys(PAY_ERRORS),
    ...PayStatus.options,
    ...RefundStatus.options,
    ...AGREEMENT_PAY_TYPES,
    // Of the SDK, and places to fill in.
    ...["NO_ANSWER", "ANSWER_NOT_VERIFIED", "PAY_OUT_TRADE_NO"],
  ])
  for (const page of pages) {
    const named = [...readFileSync(page, "utf8").matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(
      ([, name = ""]) => name,
    )
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
      page,
    )
  }
})
