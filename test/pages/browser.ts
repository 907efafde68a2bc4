/** Chromium and what a test of a page wants to know of it. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { type Browser, chromium, type Locator, type Page } from "playwright-core"

export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium"

/** Git ignores it. */
const PICTURES = join(import.meta.dirname, "..", "..", ".build", "pages")

/** Without the sandbox, since CI runs as root; without everything that would talk to somebody else. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS })
}

/** `complaints`: console errors, exceptions and violations of the policy. `requests`: every address that was asked for. */
export type OpenPage = { page: Page; complaints: string[]; requests: string[] }

type PageOptions = { width?: number; colorScheme?: "light" | "dark"; reducedMotion?: "reduce" }

export async function openPage(browser: Browser, url: string, options: PageOptions = {}): Promise<OpenPage> {
  const { width = 1280, ...rest } = options
  const page = await browser.newPage({ viewport: { width, height: 800 }, ...rest })
  const complaints: string[] = []
  const requests: string[] = []
  page.on("pageerror", (fault) => complaints.push(fault.message))
  page.on("console", (said) => {
    if (said.type() === "error" || said.type() === "warning") complaints.push(said.text())
  })
  page.on("request", (request) => requests.push(request.url()))
  await page.goto(url)
  return { page, complaints, requests }
}

export async function keepPicture(of: Page | Locator, name: string): Promise<string> {
  mkdirSync(PICTURES, { recursive: true })
  const path = join(PICTURES, `${name}.png`)
  await of.screenshot({ path })
  return path
}

/** What a decoder that has nothing to do with the encoder reads in a picture, as "KIND:content". */
export async function readBarcodes(picture: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)("zbarimg", ["--quiet", picture])
  return stdout.trim().split("\n").sort()
}

/** Waits until the element has this text; a reader of the failure sees what it had. */
export async function waitForText(element: Locator, wanted: RegExp, withinMs = 15_000): Promise<string> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    const text = (await element.textContent()) ?? ""
    if (wanted.test(text)) return text
    assert.ok(performance.now() < untilMs, `"${text}" is not ${wanted}`)
    // Any change of the page is worth another look.
    await element.page().evaluate("new Promise((seen) => requestAnimationFrame(() => setTimeout(seen, 50)))")
  }
}
