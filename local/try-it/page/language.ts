import { watchedValue } from "./watched-value.ts"
import { EN } from "./words-en.ts"
import { type Word, ZH } from "./words-zh.ts"

export type Language = "zh" | "en"

const KEPT_AS = "metro-pay-language"
const HTML_LANG: Readonly<Record<Language, string>> = { zh: "zh-CN", en: "en" }

export const language = watchedValue<Language>(localStorage.getItem(KEPT_AS) === "en" ? "en" : "zh")

/** The sentence in the present language. */
export function say(word: Word, values: Readonly<Record<string, string | number>> = {}): string {
  const text = (language.get() === "zh" ? ZH : EN)[word]
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

/** Words made of a prefix and what a call brought; undefined where there is none, as for a code newer than this page. */
export function sayIfKnown(prefix: string, value: string): string | undefined {
  const word = `${prefix}.${value}`
  return Object.hasOwn(ZH, word) ? say(word as Word) : undefined
}

export function switchLanguage(): void {
  const next = language.get() === "zh" ? "en" : "zh"
  localStorage.setItem(KEPT_AS, next)
  language.set(next)
}

/** Puts the words into everything that index.html marks with `data-word` (its text), `data-label` or `data-placeholder`. */
export function speakPage(): void {
  document.documentElement.lang = HTML_LANG[language.get()]
  document.title = say("title")
  for (const it of document.querySelectorAll<HTMLElement>("[data-word], [data-label], [data-placeholder]")) {
    const { word, label, placeholder } = it.dataset
    if (word) it.textContent = say(word as Word)
    if (label) it.setAttribute("aria-label", say(label as Word))
    if (placeholder) it.setAttribute("placeholder", say(placeholder as Word))
  }
}
