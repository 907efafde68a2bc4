import { byId, element } from "./element.ts"
import { language, say } from "./language.ts"
import { timeOfDay } from "./platform-time.ts"
import { resultOf } from "./result.ts"
import { orders, select, selected } from "./session-orders.ts"
import { formatYuan } from "./yuan.ts"

/** The list of this session's orders; a press on one shows it again. */
export function openRecentOrders(): void {
  const place = byId("recent", HTMLElement)
  let drawn = ""
  const draw = () => {
    const rows = orders.get().map((order) => {
      const { title, tone } = resultOf(order)
      return { order, title, tone, current: order === selected.get() }
    })
    const next = JSON.stringify(
      rows.map(({ order, title, current }) => [order.input.out_request_no, title, current]),
    )
    if (next === drawn) return
    drawn = next
    const focused = (document.activeElement as HTMLElement | null)?.dataset.order
    if (rows.length === 0) place.replaceChildren(element("p", { class: "quiet" }, say("recentEmpty")))
    else place.replaceChildren(element("ul", { class: "recent plain" }, ...rows.map(rowOf)))
    place.querySelector<HTMLElement>(`[data-order="${focused}"]`)?.focus()
  }
  orders.listen(draw)
  selected.listen(draw)
  language.listen(draw)
  draw()
}

type Row = {
  order: Parameters<typeof select>[0]
  title: string
  tone: string
  current: boolean
}

function rowOf({ order, title, tone, current }: Row): HTMLElement {
  const no = order.input.out_request_no
  const button = element(
    "button",
    {
      type: "button",
      "data-order": no,
      "data-tone": tone,
      "aria-label": `${say("recentOpen", { no })}: ${title}`,
    },
    element("span", { class: "number" }, timeOfDay(order.begunAtMs)),
    element("span", { class: "recent-item" }, order.input.body),
    element("span", { class: "number recent-amount" }, formatYuan(order.input.total_fee)),
    element("span", { class: "chip", "data-tone": tone }, title),
  )
  if (current) button.setAttribute("aria-current", "true")
  button.addEventListener("click", () => select(order))
  return element("li", {}, button)
}
