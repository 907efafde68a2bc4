import type { ChannelId } from "../domain/channel.ts"
import type { Books } from "./books.ts"

/** The other side of a channel, as local runs and tests steer it. It is reached over HTTP only; this is its back door. */
export type ChannelSimulator = {
  id: ChannelId
  /** Where it listens, without a trailing slash. */
  url: string
  /** The money it holds for one order of ours, whoever the merchant. Unseen: zeros and empty lists. */
  books(payOutTradeNo: string): Books
  /** Breaks every connection and refuses new ones for so long, counted by the simulator's clock. */
  down(forMs: number): void
  close(): Promise<void>
}
