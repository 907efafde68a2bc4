import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { PaymentStatus } from "../../api/app-api.ts"
import { PayStatus } from "../../api/merchant-api.ts"
import { CHANNEL_IDS } from "../../domain/channel.ts"
import { ORDER_EVENTS, ORDER_STATES } from "../../domain/order-states.ts"
import { EN } from "./page/words-en.ts"
import { ZH } from "./page/words-zh.ts"

test("whatever a call can bring has its words", () => {
  const needed = [
    ...ORDER_EVENTS.map((it) => `event.${it}`),
    ...ORDER_STATES.map((it) => `state.${it}`),
    ...CHANNEL_IDS.map((it) => `channel.${it}`),
    ...PayStatus.options.map((it) => `status.${it}`),
    ...PaymentStatus.options.map((it) => `phone.${it}`),
  ]
  assert.deepEqual(
    needed.filter((it) => !Object.hasOwn(ZH, it)),
    [],
  )
})

test("both languages fill in the same values", () => {
  const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join()
  for (const [word, chinese] of Object.entries(ZH)) {
    assert.equal(places(EN[word as keyof typeof ZH]), places(chinese), word)
  }
})

test("the page names no word that does not exist, and says in Chinese what the words say", () => {
  const html = readFileSync(join(import.meta.dirname, "page", "index.html"), "utf8")
  const marked = [...html.matchAll(/data-(?:word|label|placeholder)="([^"]+)"/g)].map((it) => it[1] ?? "")
  assert.deepEqual(
    marked.filter((it) => !Object.hasOwn(ZH, it)),
    [],
  )
  const texts = [...html.matchAll(/data-word="([^"]+)"[^>]*>\s*([^<]+?)\s*</g)]
  assert.ok(texts.length > 40)
  for (const [, word = "", text] of texts) {
    if (word !== "otherLanguage") assert.equal(text, ZH[word as keyof typeof ZH], word)
  }
})
