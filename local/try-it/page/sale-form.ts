/** What is sold, for how much, by whom: the fields of the till. */
import { byId, element } from "./element.ts"
import { drawEndings, showPlan } from "./ending-buttons.ts"
import { language, say } from "./language.ts"
import { formatYuan, parseYuan } from "./yuan.ts"

/** The demo data's merchants; the names of shops are their own affair. */
const SHOPS = { M10001: ["SZTX001", "SZTX002"], M10002: ["ZQBH001"] } as const
type MerchantId = keyof typeof SHOPS
const MERCHANTS = Object.keys(SHOPS) as MerchantId[]
const DEFAULT_ITEMS = ["早餐", "Breakfast"]

export type Sale = { merchantId: string; storeId: string; item: string; amountFen: number }

export type SaleForm = {
  /** What stands there; undefined, with the focus where it is wrong, where it cannot be sold. */
  read(): Sale | undefined
}

export function openSaleForm(): SaleForm {
  const merchant = byId("merchant", HTMLSelectElement)
  const shop = byId("shop", HTMLSelectElement)
  const amount = byId("amount", HTMLInputElement)
  const item = byId("item", HTMLInputElement)

  const fillShops = () => {
    const shops = SHOPS[merchant.value as MerchantId] ?? []
    shop.replaceChildren(...shops.map((id) => element("option", { value: id }, id)))
  }
  const speak = () => {
    if (DEFAULT_ITEMS.includes(item.value)) item.value = say("itemDefault")
    const chosen = merchant.value || MERCHANTS[0]
    merchant.replaceChildren(...MERCHANTS.map(merchantOption))
    merchant.value = chosen ?? ""
    if (shop.value === "") fillShops()
    drawEndings((amountFen) => {
      amount.value = formatYuan(amountFen)
      check(amount, item)
    })
    check(amount, item)
  }
  for (const field of [amount, item]) field.addEventListener("input", () => check(amount, item))
  merchant.addEventListener("change", fillShops)
  language.listen(speak)
  speak()
  return {
    read() {
      const amountFen = check(amount, item)
      if (amountFen === undefined) {
        const wrong = amount.ariaInvalid === "true" ? amount : item
        wrong.focus()
        return undefined
      }
      return { merchantId: merchant.value, storeId: shop.value, item: item.value.trim(), amountFen }
    },
  }
}

function merchantOption(id: MerchantId): HTMLElement {
  return element("option", { value: id }, say("merchantOption", { name: say(`merchant.${id}`), id }))
}

/** Says what is wrong, and shows where the amount leads. The amount in fen where nothing is wrong. */
function check(amount: HTMLInputElement, item: HTMLInputElement): number | undefined {
  const parsed = parseYuan(amount.value)
  const itemGiven = item.value.trim() !== ""
  amount.ariaInvalid = String(!parsed.ok)
  item.ariaInvalid = String(!itemGiven)
  const problem = parsed.ok ? (itemGiven ? "" : say("itemEmpty")) : say(`amount.${parsed.refusal}`)
  const amountFen = parsed.ok ? parsed.amountFen : undefined
  byId("amount-wrong", HTMLElement).textContent = problem
  byId("scan-amount", HTMLElement).textContent = amountFen === undefined ? "" : `¥ ${formatYuan(amountFen)}`
  showPlan(amountFen)
  return problem === "" ? amountFen : undefined
}
