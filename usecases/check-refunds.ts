/**
 * The second net for refunds: each that stands on the exceptions desk, however old, is gone on with without its messages. A
 * step of one that is settled takes it off the desk, so an entry that came too late does not stay either.
 */
import type { ExceptionStore, PollQueue, RefundStore } from "./ports.ts"

export type CheckRefundsPorts = {
  refunds: RefundStore
  polls: PollQueue
  exceptions: ExceptionStore
  /** Hears of what could not be looked at. */
  onFault(subject: string, fault: unknown): void
}

/** Entries of the desk that one run looks at. */
const DESK_LIMIT = 10_000

/** Gives how many refunds it had gone on with. One that cannot be read does not keep the others from it. */
export async function checkRefundsOnDesk(ports: CheckRefundsPorts): Promise<number> {
  const entries = await ports.exceptions.list(DESK_LIMIT)
  const refundIds = new Set(entries.flatMap(({ refundId }) => refundId ?? []))
  let sent = 0
  for (const refundId of refundIds) {
    try {
      if (await goOn(ports, refundId)) sent += 1
    } catch (fault) {
      ports.onFault(refundId, fault)
    }
  }
  return sent
}

async function goOn({ refunds, polls }: CheckRefundsPorts, refundId: string): Promise<boolean> {
  const refund = await refunds.read(refundId)
  if (refund) await polls.send(refund.channel, { refundId, step: 0 }, 0)
  return refund !== undefined
}
