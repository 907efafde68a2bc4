/** The signed calls of an order, as they went over the wire; the newest stands first. */
import type { Exchange } from "../wire.ts"
import { byId, element } from "./element.ts"
import { say, sayIfKnown } from "./language.ts"
import { exactTime } from "./platform-time.ts"
import { heardIn, type TillOrder } from "./till-order.ts"

let drawnFor: TillOrder | undefined
const drawn = new WeakSet<Exchange>()

/** Adds what is new, so that what somebody opened stays open. */
export function drawCalls(order: TillOrder, { anew = false } = {}): void {
  const place = byId("calls", HTMLElement)
  const whole = anew || drawnFor !== order
  if (whole) place.replaceChildren()
  drawnFor = order
  for (const exchange of order.calls) {
    if (!whole && drawn.has(exchange)) continue
    place.prepend(callNode(exchange))
    drawn.add(exchange)
  }
}

function callNode(exchange: Exchange): HTMLElement {
  const { name, request, answer, tookMs, sentAt, trust } = exchange
  const outcome = outcomeOf(exchange)
  const summary = element(
    "summary",
    {},
    element("span", { class: "number quiet" }, exactTime(sentAt)),
    element("strong", { class: "mono" }, name),
    element("span", { class: "chip", "data-tone": outcome.tone }, outcome.text),
    element("span", { class: "number quiet" }, say("tookMs", { ms: tookMs })),
  )
  const trusted = trust.ok ? say("trusted", { key: trust.keyId }) : say("untrusted", { why: trust.why })
  return element(
    "details",
    { "data-call": name },
    summary,
    ...part(
      say("requestPart"),
      `${request.method} ${request.url}\n${headerLines(request.headers)}\n\n${request.body}`,
    ),
    ...part(say("basePart"), request.signatureBase),
    ...part(
      say("answerPart"),
      answer
        ? `${answer.status}\n${headerLines(answer.headers)}\n\n${indented(answer.body)}`
        : say("unanswered"),
    ),
    element("p", { class: "trust", "data-trust": String(trust.ok) }, trusted),
  )
}

const TONES: Readonly<Record<string, string>> = {
  PS_SUCCESS: "good",
  PS_PAYING: "busy",
  PS_FAILED: "bad",
  PS_CLOSED: "over",
}

function outcomeOf(exchange: Exchange): { text: string; tone: string } {
  const heard = heardIn(exchange)
  if (heard.kind === "nothing") return { text: say("unanswered"), tone: "bad" }
  if (heard.kind === "refusal") return { text: `${heard.status} ${heard.code}`, tone: "bad" }
  const { pay_status = "", recall } = heard.data as { pay_status?: string; recall?: string }
  if (recall) return { text: `200 recall ${recall}`, tone: recall === "N" ? "over" : "busy" }
  return { text: `200 ${sayIfKnown("status", pay_status) ?? pay_status}`, tone: TONES[pay_status] ?? "over" }
}

function part(title: string, text: string): HTMLElement[] {
  // Reached by keyboard, since it scrolls.
  return [element("h4", {}, title), element("pre", { tabindex: "0", "aria-label": title }, text)]
}

function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n")
}

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2)
  } catch {
    return body
  }
}
