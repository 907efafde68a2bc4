import type { Language } from "../api/errors.ts"

/** Chinese unless the caller prefers English: the first of the two that `Accept-Language` ranks highest. */
export function languageOf(acceptLanguage: string | undefined): Language {
  let best: { language: Language; quality: number } = { language: "zh", quality: 0 }
  for (const part of (acceptLanguage ?? "").split(",")) {
    const [tag = "", ...parameters] = part.trim().toLowerCase().split(";")
    const language = tag.startsWith("en") ? "en" : tag.startsWith("zh") ? "zh" : undefined
    const q = parameters.map((it) => it.trim()).find((it) => it.startsWith("q="))
    const quality = q === undefined ? 1 : Number(q.slice(2))
    if (language && quality > best.quality) best = { language, quality }
  }
  return best.language
}
