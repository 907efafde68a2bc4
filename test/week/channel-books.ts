/** The money of an order as the channels' own books have it, whichever of them took it. */
import { helper } from "../journeys/running-platform.ts"
import type { RunningChain } from "./running-chain.ts"

const CHANNELS = { wechat: "CT_WECHAT", alipay: "CT_ALIPAY", unionpay: "CT_UNION", mpay: "CT_MPAY" } as const

/** In fen. `payType`: of the channel that took money, undefined where none did. */
export type OrderBooks = { charged: number; returned: number; returns: number[]; payType?: string }

type Shown = { charged: number; returned: number; returns: { amount: number }[] }

export async function readBooks(chain: RunningChain, tradeNo: string): Promise<OrderBooks> {
  const all: OrderBooks = { charged: 0, returned: 0, returns: [] }
  for (const [channel, payType] of Object.entries(CHANNELS)) {
    const shown = await helper<Shown>(chain, "GET", `/local/channels/${channel}/books?order=${tradeNo}`)
    all.charged += shown.charged
    all.returned += shown.returned
    all.returns.push(...shown.returns.map(({ amount }) => amount))
    if (shown.charged > 0) all.payType = payType
  }
  return all
}
