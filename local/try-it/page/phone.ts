/** The customer's phone: shows a code, a new one before the old one dies, and what becomes of it once it was scanned. */
import { byId, element } from "./element.ts"
import { language, say } from "./language.ts"
import {
  agree,
  barcodesOf,
  type CustomerApp,
  customerApp,
  type ShownCode,
  type WatchedPayment,
} from "./phone-codes.ts"
import {
  type CodePictures,
  codeScreen,
  messageScreen,
  paymentScreen,
  screenHead,
  tickCodeScreen,
} from "./phone-screen.ts"
import { platformNowMs } from "./platform-time.ts"

/** The demo data's customers; the first of them has agreed with the first merchant. */
const CUSTOMERS = ["U10001", "U10002", "U10003"] as const
/** That much is the way to the till and through its scanner. */
const REFRESH_BEFORE_MS = 6_000
const TICK_MS = 250
const LOOK_EVERY_MS = 1_000
/** After a failed try; the phone asks for a code at most that often. */
const AGAIN_AFTER_MS = 2_000

export type Phone = {
  /** The digits on the screen; where there are none, or they have died or were scanned before, a new code is shown first. */
  scannableCode(): Promise<string | undefined>
}

type State = {
  uid: string
  app: CustomerApp
  /** Another customer took over: what was still on its way must not be drawn. */
  left: boolean
  shown?: { code: ShownCode; pictures: CodePictures }
  /** The code before this one is still valid: a till may be about to scan it. */
  earlier?: ShownCode
  payment?: WatchedPayment
  /** Why there is no code. */
  message?: string
  asking?: Promise<void>
  notBeforeMs: number
  /** What the till read last: once is enough, even before the phone hears what became of it. */
  scanned?: string
}

const firstState = (uid: string): State => ({ uid, app: customerApp(uid), left: false, notBeforeMs: 0 })

export function openPhone(): Phone {
  let state = firstState(CUSTOMERS[0])
  const chooser = byId("customer", HTMLSelectElement)
  const speak = () => {
    chooser.replaceChildren(...CUSTOMERS.map(customerOption))
    chooser.value = state.uid
    draw(state)
  }
  chooser.addEventListener("change", () => {
    forget(state)
    state.left = true
    state = firstState(chooser.value)
    draw(state)
  })
  language.listen(speak)
  speak()
  setInterval(() => tick(state), TICK_MS)
  lookAgain(() => look(state))
  return {
    async scannableCode() {
      const { shown, payment, scanned } = state
      if (payment || !shown || hasDied(shown.code) || shown.code.qrcode === scanned) await newCode(state)
      state.scanned = state.shown?.code.qrcode
      return state.scanned
    },
  }
}

/** Never two looks at a time, however slow the platform is. */
function lookAgain(act: () => Promise<void>): void {
  setTimeout(() => void act().finally(() => lookAgain(act)), LOOK_EVERY_MS)
}

/** Who asks while it is being asked for gets the same code. */
function newCode(state: State): Promise<void> {
  state.asking ??= askForCode(state).finally(() => {
    state.asking = undefined
  })
  return state.asking
}

async function askForCode(state: State): Promise<void> {
  const code = await state.app.newCode()
  const pictures = code.ok ? await barcodesOf(code.value.qrcode) : code
  if (state.left) return
  const before = state.payment ? undefined : state.shown?.code
  forget(state)
  if (code.ok && pictures.ok) {
    state.earlier = before?.qrcode === state.scanned ? undefined : before
    state.shown = { code: code.value, pictures: asAddresses(pictures.value) }
    state.message = undefined
  } else {
    state.notBeforeMs = Date.now() + AGAIN_AFTER_MS
    state.message = say("noCode", { why: pictures.ok ? "" : pictures.why })
  }
  draw(state)
}

/** The pictures' memory is given back. */
function forget(state: State): void {
  for (const address of Object.values(state.shown?.pictures ?? {})) URL.revokeObjectURL(address)
  state.shown = state.payment = undefined
}

function asAddresses({ qr, code128 }: CodePictures): CodePictures {
  const address = (svg: string) => URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }))
  return { qr: address(qr), code128: address(code128) }
}

/** Turns the ring, and asks for the next code in time. */
function tick(state: State): void {
  if (state.payment) return
  if (state.shown) tickCodeScreen(byId("phone-screen", HTMLElement), state.shown.code)
  const leftMs = state.shown ? Date.parse(state.shown.code.expires_at) - platformNowMs() : 0
  if (leftMs < REFRESH_BEFORE_MS && Date.now() >= state.notBeforeMs && !document.hidden) void newCode(state)
}

/** When the clock was moved, before the next code is there. */
function hasDied({ expires_at }: ShownCode): boolean {
  return Date.parse(expires_at) <= platformNowMs()
}

/** Asks what became of the payment on the screen, or of the codes that a till may have scanned. */
async function look(state: State): Promise<void> {
  if (document.hidden) return
  for (const payId of watchedIds(state)) {
    const seen = await state.app.payment(payId)
    // Meanwhile another code may have been asked for.
    if (state.left || !seen.ok || !watchedIds(state).includes(payId)) continue
    const { status } = seen.value
    if (status === "WAITING" || status === "EXPIRED") continue
    if (JSON.stringify(seen.value) === JSON.stringify(state.payment)) continue
    state.payment = seen.value
    draw(state)
  }
}

function watchedIds({ payment, shown, earlier }: State): string[] {
  const ids = payment ? [payment.pay_id] : [shown?.code.pay_id, earlier?.pay_id]
  return ids.filter((it) => it !== undefined)
}

function draw(state: State): void {
  const screen = byId("phone-screen", HTMLElement)
  // Somebody at the keyboard stays where they were when the screen is drawn anew.
  const focused = screen.contains(document.activeElement)
  screen.replaceChildren(screenHead(state.uid), contentOf(state))
  if (focused) (screen.querySelector("button") ?? byId("customer", HTMLSelectElement)).focus()
  byId("phone-said", HTMLElement).textContent = state.payment ? say(`phone.${state.payment.status}`) : ""
  tick(state)
}

function contentOf(state: State): HTMLElement {
  const { payment, shown, message, uid } = state
  if (payment) {
    return paymentScreen(payment, {
      showNewCode: () => void newCode(state),
      agree: (merchantId) =>
        void agree(uid, merchantId).then((agreed) => (agreed.ok ? newCode(state) : undefined)),
    })
  }
  return shown ? codeScreen(shown.code, shown.pictures) : messageScreen(message ?? say("loadingCode"))
}

function customerOption(uid: string): HTMLElement {
  const agreed = uid === CUSTOMERS[0] ? say("customerAgreed") : say("customerNotAgreed")
  return element("option", { value: uid }, `${uid} · ${agreed}`)
}
