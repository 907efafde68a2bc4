/** The bar above: the platform's clock and its moves, channels that can be cut off, the language, trouble. */
import type { Watch } from "../wire.ts"
import { byId, element } from "./element.ts"
import { watched } from "./inside.ts"
import { language, say } from "./language.ts"
import { call, trouble } from "./platform-calls.ts"
import { dateAndTime, heardTime, minutesLeft, platformNowMs } from "./platform-time.ts"

const OUTAGE_MS = 60_000
const TICK_MS = 500

type ChannelId = Watch["channels"][number]

export function openClockBar(): void {
  const now = byId("now", HTMLTimeElement)
  const outages = new Map<ChannelId, number>()
  let channels: readonly ChannelId[] = []

  const tick = () => {
    if (watched.get()) now.textContent = dateAndTime(platformNowMs())
    for (const channel of channels) {
      const leftMs = (outages.get(channel) ?? 0) - platformNowMs()
      const button = document.querySelector<HTMLButtonElement>(`[data-outage="${channel}"]`)
      if (!button) continue
      const name = say(`channel.${channel}`)
      button.dataset.on = String(leftMs > 0)
      button.textContent =
        leftMs > 0
          ? say("outageOn", { channel: name, left: minutesLeft(leftMs) })
          : say("outage", { channel: name })
    }
  }
  const cutOff = async (channel: ChannelId) => {
    const done = await call("POST", `/local/channels/${channel}/down`, { body: { for_ms: OUTAGE_MS } })
    if (done.ok) outages.set(channel, platformNowMs() + OUTAGE_MS)
    tick()
  }

  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-advance]")) {
    button.addEventListener("click", async () => {
      const body = { advance_ms: Number(button.dataset.advance) }
      const moved = await call<{ now: string }>("POST", "/local/clock", { body })
      if (!moved.ok) return
      heardTime(moved.value.now)
      tick()
      const said = { by: button.textContent, now: dateAndTime(platformNowMs()) }
      byId("clock-said", HTMLElement).textContent = say("advanced", said)
    })
  }
  watched.listen((seen) => {
    drawSpeed(seen?.speed ?? 1)
    if (seen && seen.channels.join() !== channels.join()) {
      channels = seen.channels
      const buttons = channels.map((channel) => outageButton(channel, cutOff))
      byId("outages", HTMLElement).replaceChildren(...buttons)
    }
    tick()
  })
  language.listen(() => {
    drawSpeed(watched.get()?.speed ?? 1)
    tick()
  })
  trouble.listen(drawTrouble)
  language.listen(drawTrouble)
  setInterval(tick, TICK_MS)
}

function outageButton(channel: ChannelId, cutOff: (channel: ChannelId) => Promise<void>): HTMLElement {
  const made = element("button", { type: "button", class: "small", "data-outage": channel })
  made.addEventListener("click", () => void cutOff(channel))
  return made
}

function drawSpeed(speed: number): void {
  const chip = byId("speed", HTMLElement)
  chip.hidden = speed === 1
  chip.textContent = say("fast", { speed })
  chip.title = say("fastHint", { speed })
}

function drawTrouble(): void {
  const place = byId("trouble", HTMLElement)
  const found = trouble.get()
  place.hidden = found === undefined
  if (!found) return
  place.textContent = found.kind === "refused" ? say("refused", { why: found.why }) : say(found.kind)
}
