import { PAY_TYPES } from "../domain/channel.ts"
import type { BillStore, MadeBill } from "../usecases/bill-ports.ts"
import { billFileKey, billKey } from "./object-keys.ts"
import type { ObjectStore } from "./object-store.ts"

/** Gives an address under which an object can be fetched for so long. */
export type ObjectLinks = (key: string, fileName: string, lifeMs: number) => Promise<string>

const CSV = "text/csv; charset=utf-8"
const JSON_TYPE = "application/json"
const FORMAT = 1

/** Bills as two objects each: the file, and what is known of it. Nothing in them depends on when they were made. */
export function billStore(objects: ObjectStore, linkTo: ObjectLinks): BillStore {
  return {
    async read(merchantId, day) {
      const found = await objects.get(billKey(merchantId, day))
      return found && decodeBill(found.toString("utf8"))
    },

    file: (merchantId, day) => objects.get(billFileKey(merchantId, day)),

    async keep(bill, file) {
      const { merchantId, day } = bill
      await objects.put(billFileKey(merchantId, day), file, CSV)
      // Somebody else may have made it meanwhile, of the same movements: it is the same.
      await objects.putIfAbsent(billKey(merchantId, day), encodeBill(bill), JSON_TYPE)
    },

    link: (merchantId, day, lifeMs) =>
      linkTo(billFileKey(merchantId, day), `bill-${merchantId}-${day}.csv`, lifeMs),
  }
}

type StoredBill = Omit<MadeBill, "infos"> & { format: number; infos: MadeBill["infos"] }

function encodeBill(bill: MadeBill): string {
  const stored: StoredBill = { format: FORMAT, ...bill }
  return `${JSON.stringify(stored, null, 2)}\n`
}

function decodeBill(text: string): MadeBill {
  const { format, ...bill } = JSON.parse(text) as StoredBill
  const strange = bill.infos.find(({ payType }) => !PAY_TYPES.includes(payType))
  if (format !== FORMAT || strange) throw new Error(`stored bill of unknown format ${format}`)
  return bill
}
