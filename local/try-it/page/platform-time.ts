/** The platform's clock as this page knows it, and how its times are written: in the merchants' zone. */
import { language } from "./language.ts"

const ZONE = "Asia/Shanghai"
let offsetMs = 0

/** What the platform said that it is now. */
export function heardTime(now: string): void {
  offsetMs = Date.parse(now) - Date.now()
}

/** Milliseconds since 1970 by the platform's clock, true to within a call's way. */
export function platformNowMs(): number {
  return Date.now() + offsetMs
}

function format(ms: number, options: Intl.DateTimeFormatOptions): string {
  const locale = language.get() === "zh" ? "zh-CN" : "en-GB"
  return new Intl.DateTimeFormat(locale, { timeZone: ZONE, hourCycle: "h23", ...options }).format(ms)
}

const TIME: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit" }

export const dateAndTime = (ms: number) => format(ms, { month: "short", day: "numeric", ...TIME })
export const timeOfDay = (at: string | number) => format(typeof at === "string" ? Date.parse(at) : at, TIME)
/** 14:03:22.087 */
export const exactTime = (at: string) => format(Date.parse(at), { ...TIME, fractionalSecondDigits: 3 })

/** A time that is left, as "1:05"; never below zero. */
export function minutesLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
}
