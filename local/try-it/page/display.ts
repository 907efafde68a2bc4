/** The till's display: the result of the order that is looked at, and what can be done with it. */
import { byId, element } from "./element.ts"
import { language, say } from "./language.ts"
import { noteOf, type Result, resultOf, timeLeftOf } from "./result.ts"
import { selected } from "./session-orders.ts"
import { query, reverse, sendAgain } from "./till-calls.ts"
import type { TillOrder } from "./till-order.ts"
import { formatYuan } from "./yuan.ts"

const TICK_MS = 500

export function openDisplay(): void {
  const display = byId("display", HTMLElement)
  const result = byId("result", HTMLElement)
  const buttons = ["query", "again", "reverse"].map((id) => byId(id, HTMLButtonElement))
  const note = byId("note", HTMLElement)
  let drawn = ""

  const draw = () => {
    const order = selected.get()
    const found = resultOf(order)
    display.dataset.tone = found.tone
    byId("display-no", HTMLElement).textContent = order?.input.out_request_no ?? ""
    byId("display-amount", HTMLElement).textContent =
      found.amountFen === undefined ? "" : `¥ ${formatYuan(found.amountFen)}`
    // Said aloud only where it is another result.
    const next = JSON.stringify([order?.input.out_request_no, found])
    if (next !== drawn) result.replaceChildren(...resultNodes(found))
    drawn = next
    if (note.textContent !== noteOf(order)) note.textContent = noteOf(order)
    for (const button of buttons) button.hidden = !order
    tick()
  }
  const tick = () => {
    byId("time-left", HTMLElement).textContent = timeLeftOf(selected.get())
  }

  onSelected("query", query)
  onSelected("again", sendAgain)
  askBeforeReversing()
  selected.listen(draw)
  language.listen(draw)
  setInterval(tick, TICK_MS)
  draw()
}

function resultNodes({ mark, title, lines }: Result): HTMLElement[] {
  return [
    element(
      "p",
      { class: "result-title" },
      element("span", { class: "mark", "aria-hidden": "true" }, mark),
      title,
    ),
    ...lines.map((line) => element("p", { class: "result-line" }, line)),
  ]
}

/** One press, one call: while it is under way the button is deaf. It keeps the focus all the same. */
function onSelected(id: "query" | "again", act: (order: TillOrder) => Promise<void>): void {
  const button = byId(id, HTMLButtonElement)
  button.addEventListener("click", async () => {
    const order = selected.get()
    if (!order || button.ariaDisabled === "true") return
    button.ariaDisabled = "true"
    await act(order)
    button.ariaDisabled = null
  })
}

function askBeforeReversing(): void {
  const question = byId("reverse-question", HTMLDialogElement)
  let asked: TillOrder | undefined
  byId("reverse", HTMLButtonElement).addEventListener("click", () => {
    asked = selected.get()
    if (!asked) return
    byId("reverse-text", HTMLElement).textContent = say("reverseText", {
      amount: formatYuan(asked.input.total_fee),
    })
    question.showModal()
  })
  byId("reverse-no", HTMLButtonElement).addEventListener("click", () => question.close())
  byId("reverse-yes", HTMLButtonElement).addEventListener("click", () => {
    question.close()
    if (asked) void reverse(asked)
  })
}
