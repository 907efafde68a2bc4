import assert from "node:assert/strict"
import { test } from "node:test"
import { languageOf } from "./language.ts"

test("Chinese unless English is preferred", () => {
  const cases: [string | undefined, "zh" | "en"][] = [
    [undefined, "zh"],
    ["", "zh"],
    ["*", "zh"],
    ["fr", "zh"],
    ["en", "en"],
    ["EN-us", "en"],
    ["zh-CN,zh;q=0.9,en;q=0.8", "zh"],
    ["en-GB,en;q=0.9,zh;q=0.5", "en"],
    ["zh;q=0.4, en;q=0.6", "en"],
    ["en;q=0, zh", "zh"],
    ["en;q=nonsense", "zh"],
  ]
  for (const [header, language] of cases) assert.equal(languageOf(header), language, String(header))
})
