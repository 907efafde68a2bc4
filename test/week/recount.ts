/**
 * The independent recount: which movements there were, made of what the tills were told and of the channels' books, and of
 * nothing that bills are made of.
 */
import type { OrderBooks } from "./channel-books.ts"
import type { Moment, ToldOrder } from "./told.ts"

/** A line that a bill must have, in the file's own words. Amounts in fen. */
export type ExpectedLine = {
  merchantId: string
  kind: "PAYMENT" | "REVERSAL" | "REFUND"
  date: string
  time: string
  pay_type: string
  amount: number
  store_id: string
  out_request_no: string
  pay_out_trade_no: string
  out_refund_no: string
  pay_refund_id: string
}

export type CountedOrder = {
  order: ToldOrder
  books: OrderBooks
  /** Charged and given back whole, for an order that never was paid: it stands in no bill. */
  surplusFen: number
  lines: ExpectedLine[]
}

/** @param paid when it was paid, where it was */
export function countOrder(order: ToldOrder, books: OrderBooks, paid: Moment | undefined): CountedOrder {
  if (!paid) return { order, books, surplusFen: books.charged, lines: [] }
  const { sale, reversed, refunds } = order
  const line = (kind: ExpectedLine["kind"], moment: Moment, amount: number): ExpectedLine => ({
    merchantId: sale.merchantId,
    kind,
    ...moment,
    pay_type: order.payType ?? books.payType ?? "",
    amount,
    store_id: sale.storeId,
    out_request_no: sale.outRequestNo,
    pay_out_trade_no: order.tradeNo ?? "",
    out_refund_no: "",
    pay_refund_id: "",
  })
  const given = refunds.flatMap(({ plan, refundId = "", status, ended }) =>
    status === "RS_SUCCESS" && ended
      ? [{ ...line("REFUND", ended, plan.feeFen), out_refund_no: plan.outRefundNo, pay_refund_id: refundId }]
      : [],
  )
  const closed = order.status === "PS_CLOSED" && reversed
  return {
    order,
    books,
    surplusFen: 0,
    lines: [
      line("PAYMENT", paid, sale.totalFen),
      ...(closed ? [line("REVERSAL", reversed, sale.totalFen)] : []),
      ...given,
    ],
  }
}

/** Where an order's end and its books do not agree, in plain words. */
export function checkBooks({ order, books, surplusFen, lines }: CountedOrder): string[] {
  const back = lines.filter(({ kind }) => kind !== "PAYMENT").map(({ amount }) => amount)
  const wanted = {
    charged: lines.length > 0 ? order.sale.totalFen : surplusFen,
    returned: lines.length > 0 ? sum(back) : surplusFen,
  }
  const name = `${order.sale.merchantId} ${order.sale.outRequestNo} (${order.tradeNo}, ${order.status})`
  const found: string[] = []
  if (books.charged !== wanted.charged) {
    found.push(`${name}: the channel charged ${books.charged} fen and should have charged ${wanted.charged}`)
  }
  if (books.returned !== wanted.returned) {
    found.push(
      `${name}: the channel gave back ${books.returned} fen and should have given ${wanted.returned}`,
    )
  } else if (lines.length > 0 && sorted(books.returns) !== sorted(back)) {
    found.push(`${name}: the channel gave back ${sorted(books.returns)} fen one by one, not ${sorted(back)}`)
  }
  if (books.charged !== 0 && books.charged !== order.sale.totalFen) {
    found.push(`${name}: the channel charged ${books.charged} fen for an order of ${order.sale.totalFen}`)
  }
  return found
}

export function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}

function sorted(amounts: readonly number[]): string {
  return [...amounts].sort((one, other) => one - other).join(" + ")
}
