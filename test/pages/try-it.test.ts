import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { after, before, test } from "node:test"
import type { Browser, Page } from "playwright-core"
import { type Running, runPlatform } from "../journeys/running-platform.ts"
import { keepPicture, openBrowser, openPage, readBarcodes, waitForText } from "./browser.ts"

let running: Running
let browser: Browser
let stopped = false

before(async () => {
  ;[running, browser] = await Promise.all([runPlatform(), openBrowser()])
})
after(async () => {
  await browser?.close()
  if (!stopped) await running?.stop()
})

const title = (page: Page) => page.locator(".result-title")
const shownCode = async (page: Page) => (await page.locator(".digits").getAttribute("data-code")) ?? ""

/** In fen, as the page shows them: charged / returned. */
async function books(page: Page): Promise<string> {
  const fen = (word: string) => page.locator(`[data-books="${word}"]`).getAttribute("data-fen")
  return `${await fen("charged")} / ${await fen("returned")}`
}

/** Has its answer when it returns. */
async function pay(page: Page, ending = "plain"): Promise<void> {
  const before = await page.locator("[data-order]").count()
  await page.click(`[data-ending="${ending}"]`)
  await page.locator(".code-card, .payment").first().waitFor()
  await page.click("#scan")
  await page.locator("[data-order]").nth(before).waitFor()
  await page.locator('#calls [data-call="applypay"]').waitFor()
}

test("it opens without a complaint and asks nobody but the platform", async () => {
  const { page, complaints, requests } = await openPage(browser, running.url)
  await page.locator(".qr").waitFor()
  await pay(page)
  await waitForText(title(page), /支付成功/)
  await keepPicture(page, "paid")
  assert.deepEqual(complaints, [])
  const elsewhere = requests.filter((it) => !it.startsWith(running.url) && !it.startsWith("blob:"))
  assert.deepEqual(elsewhere, [])
  assert.equal((await page.content()).includes("PRIVATE KEY"), false)
  await page.close()
})

for (const colorScheme of ["light", "dark"] as const) {
  test(`QR and Code 128 are read as the very code that the platform gave, ${colorScheme}`, async () => {
    const { page } = await openPage(browser, running.url, { colorScheme, reducedMotion: "reduce" })
    const given = page.waitForResponse(/app\/code$/)
    const { data } = (await (await given).json()) as { data: { qrcode: string } }
    await page.locator(".qr").waitFor()
    const picture = await keepPicture(page.locator(".phone"), `code-${colorScheme}`)
    assert.deepEqual(await readBarcodes(picture), [`CODE-128:${data.qrcode}`, `QR-Code:${data.qrcode}`])
    assert.equal(await page.locator(".digits").textContent(), data.qrcode.replace(/(\d{4})(?=\d)/g, "$1 "))
    await page.close()
  })
}

test("one click pays: the till, the phone and the channel's books say so", async () => {
  const { page } = await openPage(browser, running.url)
  await page.locator(".qr").waitFor()
  await page.click("#scan")
  await waitForText(title(page), /支付成功/)
  await page.locator('.payment[data-status="PAID"]').waitFor()
  await page.locator('[data-event="charged"]').waitFor()
  assert.equal(await books(page), "600 / 0")
  assert.match(
    (await page.locator(".timeline").textContent()) ?? "",
    /accepted · NONE → PAYING.*charged · PAYING → PAID/s,
  )
  await page.close()
})

test("the same call again meets the same order and charges nothing", async () => {
  const { page } = await openPage(browser, running.url)
  await pay(page)
  await waitForText(title(page), /支付成功/)
  await page.click("#again")
  const note = await waitForText(page.locator("#note"), /没有重复扣款/)
  assert.match(note, /6\.00 \/ 0\.00 → 6\.00 \/ 0\.00/)
  const calls = page.locator('#calls [data-call="applypay"]')
  assert.equal(await calls.count(), 2)
  // The same content under the same number, signed anew.
  const requests = await calls.locator("pre").nth(0).allTextContents()
  await calls.first().locator("summary").click()
  assert.match(requests.join(), /Signature-Input: sig1=/)
  assert.equal(await books(page), "600 / 0")
  await page.close()
})

test("a reversal asks first, then gives the money back", async () => {
  const { page } = await openPage(browser, running.url)
  await pay(page)
  await waitForText(title(page), /支付成功/)
  await page.click("#reverse")
  await page.click("#reverse-no")
  await page.click("#reverse")
  await page.click("#reverse-yes")
  await waitForText(title(page), /已撤销/)
  await page.locator('[data-event="undone"]').waitFor()
  assert.equal(await books(page), "600 / 600")
  assert.equal(await page.locator('#calls [data-call="reverse"]').count(), 1)
  await page.close()
})

/** The contract's table: what applypay says first, the end, the books. Its second copy, on purpose. */
const ENDINGS: readonly [ending: string, first: RegExp, last: RegExp, books: string][] = [
  ["901", /支付失败/, /支付失败/, "0 / 0"],
  ["902", /支付中/, /支付成功/, "902 / 0"],
  ["903", /支付中/, /已关闭/, "0 / 0"],
  ["904", /支付中/, /支付成功/, "904 / 0"],
  ["905", /支付中/, /已关闭/, "0 / 0"],
  ["906", /支付中/, /支付成功/, "906 / 0"],
  ["907", /支付中/, /支付成功/, "907 / 0"],
  ["908", /支付中/, /已关闭/, "908 / 908"],
  ["909", /支付成功/, /支付成功/, "909 / 0"],
  ["910", /支付成功/, /支付成功/, "910 / 0"],
]

test("each ending's button leads to the contract's ending", async () => {
  const { page } = await openPage(browser, running.url)
  for (const [ending, first] of ENDINGS) {
    await pay(page, ending)
    const said = page.locator('#calls [data-call="applypay"] .chip').last()
    assert.match((await said.textContent()) ?? "", first, ending)
    if (ending === "905") await keepPicture(page, "paying")
  }
  const rows = page.locator("[data-order]")
  for (const [index, [ending, , last, wanted]] of [...ENDINGS].reverse().entries()) {
    const row = rows.nth(index)
    await row.click()
    await waitForText(title(page), last, 120_000)
    const settled = page.locator(
      `#state:is([data-state="PAID"], [data-state="FAILED"], [data-state="CLOSED"])`,
    )
    await settled.waitFor()
    await page.locator(`#inside [data-trade-no="${await tradeNoOf(page)}"]`).waitFor()
    assert.equal(await books(page), wanted, ending)
  }
  await page.close()
})

/** Out of the newest signed answer. */
async function tradeNoOf(page: Page): Promise<string> {
  const answer = (await page.locator("#calls pre").nth(2).textContent()) ?? ""
  return /"pay_out_trade_no": "(\d{26})"/.exec(answer)?.[1] ?? ""
}

test("a code is replaced by itself before it dies, and lives on in the till's hand", async () => {
  const { page } = await openPage(browser, running.url)
  const given = page.waitForResponse(/app\/code$/)
  const { data } = (await (await given).json()) as { data: { expires_at: string } }
  await page.locator(".qr").waitFor()
  const first = await shownCode(page)
  await advance(50_000)
  await page.locator(`.digits:not([data-code="${first}"])`).waitFor()
  assert.ok(running.platform.clock.nowMs() < Date.parse(data.expires_at), "the old code was already dead")
  await page.fill("#code", first)
  await page.press("#code", "Enter")
  await waitForText(title(page), /支付成功/)
  await page.locator('.payment[data-status="PAID"]').waitFor()
  await page.close()
})

test("a customer without an agreement is asked to agree, and can then pay", async () => {
  const { page } = await openPage(browser, running.url)
  await page.selectOption("#customer", "U10003")
  await page.locator(".screen-head", { hasText: "U10003" }).waitFor()
  await page.locator(".qr").waitFor()
  await page.click("#scan")
  await waitForText(page.locator("#result"), /AGREEMENT_REQUIRED/)
  await page.click('[data-act="agree"]')
  await page.locator(".qr").waitFor()
  await page.click("#scan")
  await waitForText(title(page), /支付成功/)
  await page.close()
})

test("the keyboard alone suffices", async () => {
  const { page } = await openPage(browser, running.url)
  await page.locator(".qr").waitFor()
  await tabTo(page, "amount")
  await page.keyboard.type("12.34")
  await tabTo(page, "scan")
  await page.keyboard.press("Enter")
  await waitForText(title(page), /支付成功/)
  await page.locator('[data-event="charged"]').waitFor()
  assert.equal(await books(page), "1234 / 0")
  // A scanner is a keyboard that types the digits and Enter.
  const { code } = await freshCode()
  await tabTo(page, "code")
  await page.keyboard.type(code)
  await page.keyboard.press("Enter")
  await page.locator('[data-order][data-tone="good"]').nth(1).waitFor()
  await page.close()
})

async function tabTo(page: Page, id: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab")
    if ((await page.locator(":focus").getAttribute("id")) === id) return
  }
  assert.fail(`Tab never comes to #${id}`)
}

test("amounts are checked before anything is sent", async () => {
  const { page } = await openPage(browser, running.url)
  await page.locator(".qr").waitFor()
  for (const [typed, said] of [
    ["0", /最少 0\.01/],
    ["1000000.01", /最多 1,000,000\.00/],
    ["1.234", /两位小数/],
    ["", /请输入金额/],
  ] as const) {
    await page.fill("#amount", typed)
    await page.click("#scan")
    assert.match((await page.locator("#amount-wrong").textContent()) ?? "", said)
  }
  assert.equal(await page.locator("[data-order]").count(), 0)
  await page.close()
})

test("the language switches at once, the reason of a failure included, and stays", async () => {
  const { page, complaints } = await openPage(browser, running.url)
  await pay(page, "901")
  await waitForText(page.locator("#result"), /余额不足/)
  await page.click("#language")
  await waitForText(page.locator("#result"), /Payment failed.*Balance too small/s)
  assert.equal(await page.locator("html").getAttribute("lang"), "en")
  const parts = page.locator(
    ".bar, .lead, .side-head, #display, #charge, .endings, .timeline, .books, .phone",
  )
  // The button back is in the other language.
  const said = (await parts.allTextContents()).join(" ").replace("中文", "")
  assert.doesNotMatch(said, /[\u4e00-\u9fff]/)
  await page.reload()
  await waitForText(page.locator("#till-title"), /The till/)
  // The session's orders are still there.
  assert.equal(await page.locator("[data-order]").count(), 1)
  await page.click("#language")
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN")
  assert.deepEqual(complaints, [])
  await page.close()
})

test("the clock moves, and the channel can be cut off: an order then waits, and is settled", async () => {
  const { page } = await openPage(browser, running.url)
  await page.locator(".qr").waitFor()
  const beforeMs = running.platform.clock.nowMs()
  await page.click('[data-advance="600000"]')
  await waitForText(page.locator("#clock-said"), /\+10 分钟/)
  assert.ok(running.platform.clock.nowMs() >= beforeMs + 600_000)
  await page.click('[data-outage="wechat"]')
  await waitForText(page.locator('[data-outage="wechat"]'), /已断开/)
  await pay(page)
  await waitForText(page.locator("#time-left"), /最迟/)
  await keepPicture(page, "cut-off")
  await page.click('[data-advance="60000"]')
  await waitForText(title(page), /支付成功|已关闭/, 90_000)
  await page.close()
})

test("on a narrow screen nothing sticks out", async () => {
  const { page } = await openPage(browser, running.url, { width: 360 })
  await pay(page)
  await waitForText(title(page), /支付成功/)
  await keepPicture(page, "narrow")
  const width = await page.evaluate("document.documentElement.scrollWidth")
  assert.ok(Number(width) <= 360, `the page is ${width} wide`)
  await page.close()
})

test("a web page of another origin cannot drive the helpers", async (t) => {
  const elsewhere = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<p>elsewhere</p>")
  })
  elsewhere.listen(0, "127.0.0.1")
  await once(elsewhere, "listening")
  t.after(() => elsewhere.close())
  const { port } = elsewhere.address() as AddressInfo
  const { page } = await openPage(browser, `http://127.0.0.1:${port}/`)
  const offsetMs = running.platform.clock.offsetMs()
  // What a browser sends without asking first; it shows the page nothing of the answer.
  const sent = page.waitForResponse(/local\/clock$/)
  await page.evaluate(
    `fetch("${running.url}/local/clock", { method: "POST", mode: "no-cors", body: '{"advance_ms":60000}' }).then(() => true)`,
  )
  assert.equal((await sent).status(), 403)
  assert.equal(running.platform.clock.offsetMs(), offsetMs)
  await page.close()
  elsewhere.closeAllConnections()
})

test("when the platform is gone, the page says so", async () => {
  const { page } = await openPage(browser, running.url)
  await page.locator(".qr").waitFor()
  assert.equal(await page.locator("#trouble").isVisible(), false)
  stopped = true
  await running.stop()
  await waitForText(page.locator("#trouble"), /平台没有回应/)
  await page.click("#scan")
  await waitForText(page.locator("#result"), /结果未知/)
  await page.close()
})

async function advance(ms: number): Promise<void> {
  await local("clock", { advance_ms: ms })
}

async function freshCode(): Promise<{ code: string }> {
  const { token } = await local<{ token: string }>("token", { uid: "U10001" })
  const answer = await fetch(`${running.url}/metro/payment/v1/app/code`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  })
  const { data } = (await answer.json()) as { data: { qrcode: string } }
  return { code: data.qrcode }
}

async function local<T>(name: string, input: object): Promise<T> {
  const answer = await fetch(`${running.url}/local/${name}`, { method: "POST", body: JSON.stringify(input) })
  assert.equal(answer.status, 200)
  return (await answer.json()) as T
}
