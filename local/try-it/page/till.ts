/** The till's two ways to charge: one press that scans the phone, and a field for scanners and fingers. */
import { openDisplay } from "./display.ts"
import { byId } from "./element.ts"
import { say } from "./language.ts"
import type { Phone } from "./phone.ts"
import { platformNowMs } from "./platform-time.ts"
import { openSaleForm, type SaleForm } from "./sale-form.ts"
import { applyPay } from "./till-calls.ts"

export function openTill(phone: Phone): void {
  const code = byId("code", HTMLInputElement)
  const codeWrong = byId("code-wrong", HTMLElement)
  const charge = charger(openSaleForm())

  byId("scan", HTMLButtonElement).addEventListener("click", () => {
    void charge(async () => {
      const scanned = await phone.scannableCode()
      if (scanned !== undefined) code.value = scanned
      return scanned
    })
  })
  byId("charge", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault()
    const typed = code.value.replace(/\s/g, "")
    codeWrong.textContent = typed === "" ? say("codeEmpty") : ""
    if (typed === "") code.focus()
    else void charge(async () => typed)
    // The next scan overwrites this one.
    code.select()
  })
  code.addEventListener("focus", () => code.select())
  openDisplay()
}

/** One charge at a time: a scanner that reads twice must not make two orders. */
function charger(form: SaleForm): (codeOf: () => Promise<string | undefined>) => Promise<void> {
  const scan = byId("scan", HTMLButtonElement)
  let charging = false
  return async (codeOf) => {
    const sale = form.read()
    if (!sale || charging) return
    charging = true
    scan.ariaDisabled = "true"
    try {
      const qrcode = await codeOf()
      if (qrcode === undefined) return
      byId("display", HTMLElement).scrollIntoView({ block: "nearest" })
      await applyPay(sale.merchantId, {
        out_request_no: newRequestNo(sale.storeId),
        qrcode,
        body: sale.item,
        total_fee: sale.amountFen,
        store_id: sale.storeId,
      })
    } finally {
      charging = false
      scan.ariaDisabled = null
    }
  }
}

/** The merchant's own number for a sale: the shop, the time, and something that no other till has. */
function newRequestNo(shop: string): string {
  const time = new Date(platformNowMs()).toISOString().replace(/\D/g, "").slice(0, 14)
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1))
  return `${shop}-${time}-${random.toString(36).padStart(7, "0").toUpperCase()}`
}
