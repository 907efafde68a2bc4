/** What the phone's screen shows. */
import { element } from "./element.ts"
import { say, sayIfKnown } from "./language.ts"
import { payErrorText } from "./pay-error-text.ts"
import type { ShownCode, WatchedPayment } from "./phone-codes.ts"
import { platformNowMs } from "./platform-time.ts"
import { formatYuan } from "./yuan.ts"

const CODE_LIFE_MS = 60_000
const RING_RADIUS = 15
const RING_LENGTH = 2 * Math.PI * RING_RADIUS
const SVG = "http://www.w3.org/2000/svg"

/** Pictures are addresses of blobs: in an address of the platform the code would stand in a history. */
export type CodePictures = { qr: string; code128: string }

export function codeScreen(code: ShownCode, pictures: CodePictures): HTMLElement {
  const digits = element("p", { class: "digits number", "data-code": code.qrcode }, inFours(code.qrcode))
  digits.setAttribute("aria-label", say("codeDigits"))
  return element(
    "div",
    { class: "code-card" },
    element("p", { class: "code-title" }, say("showToCashier")),
    element("img", { class: "code128", src: pictures.code128, alt: say("barcodeOf") }),
    digits,
    element("img", { class: "qr", src: pictures.qr, alt: say("qrOf") }),
    element("p", { class: "ring-line" }, ring(), element("span", { class: "ring-text" })),
  )
}

/** Moves the ring; seconds are counted by the platform's clock. */
export function tickCodeScreen(screen: HTMLElement, code: ShownCode): void {
  const leftMs = Math.max(0, Date.parse(code.expires_at) - platformNowMs())
  const seconds = String(Math.ceil(leftMs / 1000))
  const gone = RING_LENGTH * (1 - Math.min(1, leftMs / CODE_LIFE_MS))
  screen.querySelector(".ring-left")?.setAttribute("stroke-dashoffset", gone.toFixed(1))
  const text = screen.querySelector(".ring-text")
  if (text) text.textContent = say("secondsLeft", { seconds })
}

/** What stands above everything else on the screen. */
export function screenHead(uid: string): HTMLElement {
  const name = element("b", {}, say("payCode"))
  return element("p", { class: "screen-head" }, name, element("span", { class: "number" }, uid))
}

export type PaymentActions = { showNewCode(): void; agree(merchantId: string): void }

const LOOKS: Readonly<Record<WatchedPayment["status"], { mark: string; tone: string }>> = {
  WAITING: { mark: "", tone: "idle" },
  PAYING: { mark: "…", tone: "busy" },
  PASSWORD: { mark: "••", tone: "busy" },
  PAID: { mark: "✓", tone: "good" },
  FAILED: { mark: "✕", tone: "bad" },
  AUTHORIZE: { mark: "!", tone: "busy" },
  CLOSED: { mark: "—", tone: "over" },
  EXPIRED: { mark: "—", tone: "over" },
}

export function paymentScreen(payment: WatchedPayment, actions: PaymentActions): HTMLElement {
  const { mark, tone } = LOOKS[payment.status]
  const hint =
    payment.status === "AUTHORIZE"
      ? say("phone.AUTHORIZE.hint", { merchant: payment.merchant_id ?? "" })
      : (payErrorText(payment) ?? sayIfKnown("phone", `${payment.status}.hint`) ?? "")
  const screen = element(
    "div",
    { class: "payment", "data-tone": tone, "data-status": payment.status },
    element("p", { class: "payment-mark", "aria-hidden": "true" }, mark),
    element("p", { class: "payment-title" }, say(`phone.${payment.status}`)),
  )
  if (payment.total_fee !== undefined)
    screen.append(element("p", { class: "payment-amount number" }, `¥ ${formatYuan(payment.total_fee)}`))
  screen.append(element("p", { class: "payment-hint" }, hint))
  const { merchant_id } = payment
  if (payment.status === "AUTHORIZE" && merchant_id)
    screen.append(button("agree", () => actions.agree(merchant_id), "primary"))
  if (!["PAYING", "PASSWORD"].includes(payment.status))
    screen.append(button("showNewCode", actions.showNewCode))
  return screen
}

export function messageScreen(text: string): HTMLElement {
  return element("p", { class: "phone-message" }, text)
}

function button(word: "agree" | "showNewCode", act: () => void, kind = ""): HTMLElement {
  const made = element("button", { type: "button", class: kind, "data-act": word }, say(word))
  made.addEventListener("click", act)
  return made
}

export function inFours(code: string): string {
  return code.replace(/(.{4})(?=.)/g, "$1 ")
}

function ring(): SVGElement {
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("viewBox", "0 0 36 36")
  svg.setAttribute("class", "ring")
  svg.setAttribute("aria-hidden", "true")
  for (const name of ["ring-whole", "ring-left"]) {
    const circle = document.createElementNS(SVG, "circle")
    for (const [key, value] of Object.entries({ class: name, cx: 18, cy: 18, r: RING_RADIUS }))
      circle.setAttribute(key, String(value))
    if (name === "ring-left") circle.setAttribute("stroke-dasharray", RING_LENGTH.toFixed(1))
    svg.append(circle)
  }
  return svg
}
