/** What happens inside: the order's states and their times, the channel's books, the exceptions desk, the signed calls. */
import type { Watch, WatchedOrder } from "../wire.ts"
import { drawCalls } from "./call-log.ts"
import { byId, element } from "./element.ts"
import { language, say, sayIfKnown } from "./language.ts"
import { call } from "./platform-calls.ts"
import { exactTime, heardTime, platformNowMs, timeOfDay } from "./platform-time.ts"
import { selected } from "./session-orders.ts"
import { watchPath } from "./till-calls.ts"
import { watchedValue } from "./watched-value.ts"
import { formatYuan } from "./yuan.ts"

const LOOK_EVERY_MS = 1_000

/** The last look; also what the bar above goes by. */
export const watched = watchedValue<Watch | undefined>(undefined)

export function openInside(): void {
  const redraw = redrawer()
  watched.listen(redraw)
  selected.listen((order) => {
    redraw()
    if (order) drawCalls(order)
    void look()
  })
  language.listen(() => {
    redraw()
    const order = selected.get()
    if (order) drawCalls(order, { anew: true })
  })
  const order = selected.get()
  if (order) drawCalls(order)
  lookForever()
}

/** Never two looks at a time, and none while nobody looks. */
function lookForever(): void {
  void look().finally(() => setTimeout(lookForever, LOOK_EVERY_MS))
}

async function look(): Promise<void> {
  if (document.hidden) return
  const order = selected.get()
  const seen = await call<Watch>("GET", order ? watchPath(order) : "/local/try-it/watch")
  if (!seen.ok) return
  heardTime(seen.value.now)
  if (order === selected.get()) watched.set(seen.value)
}

/** Draws only what changed, so that nobody loses a selected text or an opened part. */
function redrawer(): () => void {
  let drawn = ""
  return () => {
    const order = watched.get()?.order
    byId("inside", HTMLElement).hidden = !selected.get()
    byId("inside-empty", HTMLElement).hidden = selected.get() !== undefined
    const leased = order?.leaseUntil !== undefined && Date.parse(order.leaseUntil) > platformNowMs()
    const next = JSON.stringify([order, leased, language.get()])
    if (next === drawn) return
    drawn = next
    drawState(order)
    drawTimeline(order, leased)
    drawBooks(order)
    drawDesk(order)
  }
}

function drawState(order: WatchedOrder | undefined): void {
  const state = order?.state ?? "NONE"
  const chip = byId("state", HTMLElement)
  chip.textContent = order ? say(`state.${state}`) : ""
  chip.dataset.state = state
}

function drawTimeline(order: WatchedOrder | undefined, leased: boolean): void {
  const place = byId("timeline", HTMLElement)
  if (!order) {
    place.replaceChildren()
    return
  }
  const steps = order.steps.map(({ event, from, to, at }) =>
    element(
      "li",
      { "data-state": to, "data-event": event },
      element("time", { class: "number", datetime: at }, exactTime(at)),
      element("strong", {}, say(`event.${event}`)),
      element("span", { class: "quiet mono" }, from === to ? event : `${event} · ${from} → ${to}`),
    ),
  )
  const open = order.state === "PAYING" || order.state === "REVERSING" || order.state === "UNDOING"
  const leaseUntil = open && leased && order.leaseUntil ? timeOfDay(order.leaseUntil) : undefined
  place.replaceChildren(
    element("p", { class: "quiet mono", "data-trade-no": order.payOutTradeNo }, order.payOutTradeNo),
    element("ol", { class: "timeline" }, ...steps),
    ...(open ? [element("p", { class: "quiet" }, say("asking"))] : []),
    ...(leaseUntil ? [element("p", { class: "quiet" }, say("lease", { at: leaseUntil }))] : []),
  )
}

function drawBooks(order: WatchedOrder | undefined): void {
  const { channel, charged, returned } = order?.books ?? { channel: undefined, charged: 0, returned: 0 }
  byId("books-channel", HTMLElement).textContent = channel ? say(`channel.${channel}`) : say("noChannel")
  const line = (word: "charged" | "returned" | "held", fen: number) =>
    element(
      "div",
      { "data-books": word, "data-fen": String(fen) },
      element("dt", {}, say(word)),
      element("dd", { class: "number" }, formatYuan(fen)),
    )
  byId("books", HTMLElement).replaceChildren(
    line("charged", charged),
    line("returned", returned),
    line("held", charged - returned),
  )
}

function drawDesk(order: WatchedOrder | undefined): void {
  const exceptions = order?.exceptions ?? []
  byId("desk", HTMLElement).hidden = exceptions.length === 0
  byId("desk-list", HTMLElement).replaceChildren(
    ...exceptions.map(({ kind, since, tries, lastTried }) => {
      const said = { kind: sayIfKnown("exception", kind) ?? kind, since: timeOfDay(since), tries }
      return element(
        "li",
        {},
        say("exceptionLine", said),
        element("span", { class: "quiet mono" }, lastTried),
      )
    }),
  )
}
