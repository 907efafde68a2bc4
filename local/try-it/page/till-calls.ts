/** The till's signed calls, which a helper makes so that the private key never comes here. */
import type { Exchange, Watch } from "../wire.ts"
import { language } from "./language.ts"
import { call } from "./platform-calls.ts"
import { platformNowMs } from "./platform-time.ts"
import { addOrder, orderChanged } from "./session-orders.ts"
import { type ApplyPay, type Heard, isSettled, newTillOrder, type TillOrder, takeIn } from "./till-order.ts"
import { formatYuan } from "./yuan.ts"

/** The first pause before asking; each further one is longer by as much. */
const ASK_STEP_MS = 1_000
const ASK_PAUSE_MAX_MS = 5_000

const followed = new Set<TillOrder>()

export async function applyPay(merchantId: string, input: ApplyPay): Promise<TillOrder> {
  const order = newTillOrder(merchantId, input, platformNowMs())
  addOrder(order)
  await makeCall(order, "applypay", input)
  void follow(order)
  return order
}

export async function query(order: TillOrder): Promise<void> {
  const heard = await makeCall(order, "orderquery", numberOf(order))
  if (heard.kind !== "data" || !order.payment) return
  order.note = { word: "queried", values: { status: order.payment.pay_status } }
  orderChanged(order)
}

export async function reverse(order: TillOrder): Promise<void> {
  const heard = await makeCall(order, "reverse", numberOf(order))
  if (heard.kind === "refusal") {
    order.note = { word: "reverseRefused", values: { why: heard.message } }
    orderChanged(order)
  }
  if (heard.kind === "data") await makeCall(order, "orderquery", numberOf(order))
  void follow(order)
}

/** The very same content under the same number, newly signed: a till whose answer got lost does this. */
export async function sendAgain(order: TillOrder): Promise<void> {
  const before = await booksOf(order)
  const heard = await makeCall(order, "applypay", order.input)
  const after = await booksOf(order)
  order.note =
    heard.kind === "data"
      ? { word: "sameAgain", values: { no: order.input.out_request_no, before, after } }
      : { word: "sameAgainUnanswered", values: {} }
  orderChanged(order)
  void follow(order)
}

/** Asks until there is a final word, as every till should; a reversal that is not certain yet is sent again. */
export async function follow(order: TillOrder): Promise<void> {
  if (followed.has(order)) return
  followed.add(order)
  for (
    let pauseMs = ASK_STEP_MS;
    !isSettled(order);
    pauseMs = Math.min(pauseMs + ASK_STEP_MS, ASK_PAUSE_MAX_MS)
  ) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    if (isSettled(order)) break
    await makeCall(order, order.reversal === "asked" ? "reverse" : "orderquery", numberOf(order), {
      quiet: true,
    })
  }
  followed.delete(order)
}

const numberOf = (order: TillOrder) => ({ out_request_no: order.input.out_request_no })

async function makeCall(
  order: TillOrder,
  name: Exchange["name"],
  input: object,
  { quiet = false } = {},
): Promise<Heard> {
  if (!quiet) order.note = undefined
  const called = await call<Exchange>("POST", "/local/try-it/call", {
    body: { merchantId: order.merchantId, name, input, language: language.get() },
  })
  let heard: Heard = { kind: "nothing" }
  if (called.ok) heard = takeIn(order, called.value)
  else order.unknown = true
  orderChanged(order)
  return heard
}

export const watchPath = ({ merchantId, input }: TillOrder) =>
  `/local/try-it/watch?${new URLSearchParams({ merchant_id: merchantId, out_request_no: input.out_request_no })}`

async function booksOf(order: TillOrder): Promise<string> {
  const watched = await call<Watch>("GET", watchPath(order))
  const books = watched.ok ? watched.value.order?.books : undefined
  return books ? `${formatYuan(books.charged)} / ${formatYuan(books.returned)}` : "?"
}
