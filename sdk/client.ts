import { ulid } from "ulid"
import { type ClientClock, SYSTEM_CLOCK } from "./clock.ts"
import { Connection, type ConnectionOptions } from "./connection.ts"
import { MetroPayError } from "./errors.ts"
import type {
  ApplyPayInput,
  Bill,
  BillDay,
  BillDownload,
  BillLineRef,
  BillProof,
  OrderRef,
  Payment,
  PayStatus,
  QueryUidInput,
  QueryUidOutput,
  Refund,
  RefundInput,
  RefundRef,
  Reversal,
} from "./messages.ts"

/** How long applyPay follows a payment unless told otherwise. */
const SETTLE_WITHIN_MS = 30_000
/** The first wait before asking; each further one is longer by as much. */
const WAIT_STEP_MS = 1_000

/**
 * What became of a payment. "unknown": no final word came before the deadline; `data` is the last word there was, `cause`
 * why there was none. Then ask again later by `out_request_no`, or reverse it; never pay with another number meanwhile.
 */
export type ApplyPayResult =
  | { outcome: "paid" | "failed"; out_request_no: string; data: Payment }
  | { outcome: "unknown"; out_request_no: string; data?: Payment; cause: string }

const FINAL_OUTCOMES: Partial<Record<PayStatus, "paid" | "failed">> = {
  PS_SUCCESS: "paid",
  PS_FAILED: "failed",
  PS_CLOSED: "failed",
}

/** What a call about a payment brought: the platform's word, or why there is none. */
type Heard = { data: Payment } | { lost: MetroPayError }

/**
 * A merchant's way to the platform. Whatever its methods give was signed by the platform for that very call; they throw
 * MetroPayError, whose `advice` says what to do.
 */
export class MetroPayClient {
  readonly #connection: Connection
  readonly #clock: ClientClock

  /** Throws where a key cannot be read. */
  constructor(options: ConnectionOptions) {
    this.#connection = new Connection(options)
    this.#clock = options.clock ?? SYSTEM_CLOCK
  }

  /** Whose code this is. */
  queryUid(input: QueryUidInput): Promise<QueryUidOutput> {
    return this.#connection.call("queryuid", input)
  }

  /** What a day came to, by pay type. BILL_NOT_READY until the day's bills are made, at two in the morning after it. */
  bill(input: BillDay): Promise<Bill> {
    return this.#connection.call("bill", input)
  }

  /** Where the day's file is, for five minutes; `checkBillFile` says whether what was fetched is it. */
  billDownload(input: BillDay): Promise<BillDownload> {
    return this.#connection.call("billdownload", input)
  }

  /** A line of the day's bill with what `checkBillProof` proves it by. */
  billProof(input: BillLineRef): Promise<BillProof> {
    return this.#connection.call("billproof", input)
  }

  /** The state of an order. */
  orderQuery(input: OrderRef): Promise<Payment> {
    return this.#connection.call("orderquery", input)
  }

  /**
   * Undoes an order whose fate is unknown, or one paid today; a number that was never used is closed for good. While the
   * outcome is not certain (`recall` "Y") it is called again, after 1 s, 2 s, 3 s … until `deadlineMs` (30,000) have passed;
   * the platform goes on by itself either way. A lost answer is asked for by the same call: it has no further effect.
   */
  async reverse(input: OrderRef, { deadlineMs = SETTLE_WITHIN_MS } = {}): Promise<Reversal> {
    return this.#untilCertain<Reversal>("reverse", input, ({ recall }) => recall === "N", deadlineMs)
  }

  /** The state of a refund. */
  refundQuery(input: RefundRef): Promise<Refund> {
    return this.#connection.call("refundquery", input)
  }

  /**
   * Gives back a paid order's money, all of it or a part. While it is not certain (`RS_PROCESSING`) the same call is sent
   * again, after 1 s, 2 s, 3 s … until `deadlineMs` (30,000) have passed; channels take up to days, and the platform goes on
   * by itself. A lost answer is asked for by the same call: the same number moves money once.
   * Throws MetroPayError where it was refused, or where no answer came before the deadline; `out_refund_no` of the input
   * should then be known to the caller, so give one.
   */
  async refund(input: RefundInput, { deadlineMs = SETTLE_WITHIN_MS } = {}): Promise<Refund> {
    const request = { ...input, out_refund_no: input.out_refund_no ?? this.newRequestNo() }
    const isCertain = (said: Refund) => said.pay_refund_status !== "RS_PROCESSING"
    return this.#untilCertain("refund", request, isCertain, deadlineMs)
  }

  /** Sends the same call, which has no further effect, until its answer is certain or the time is over. */
  async #untilCertain<T>(
    name: "reverse" | "refund",
    input: object,
    isCertain: (said: T) => boolean,
    deadlineMs: number,
  ): Promise<T> {
    const untilMs = this.#clock.monotonicMs() + deadlineMs
    for (let waitMs = WAIT_STEP_MS; ; waitMs += WAIT_STEP_MS) {
      try {
        const said = await this.#connection.call<T>(name, input, untilMs)
        if (isCertain(said) || !(await this.#waited(waitMs, untilMs))) return said
      } catch (error) {
        // Of an order that this merchant does not have nothing can be given back, however often it is asked for.
        const lost =
          error instanceof MetroPayError && error.advice !== "fix" && error.code !== "ORDER_NOT_FOUND"
        if (!lost || !(await this.#waited(waitMs, untilMs))) throw error
      }
    }
  }

  /** A number for `out_request_no` or `out_refund_no`: for callers that write it down before they call. */
  newRequestNo(): string {
    return ulid(this.#clock.nowMs())
  }

  /**
   * Charges a scanned code and gives what became of it. Where the answer is missing, late, unsigned or not final, it asks
   * with orderquery after 1 s, 2 s, 3 s … until `deadlineMs` (30,000) have passed since the beginning. It is sent a second
   * time only when the platform says that nothing happened (TRY_AGAIN), and then under the same number.
   * Throws MetroPayError where the platform refused the call itself: this call has charged nothing then.
   */
  async applyPay(input: ApplyPayInput, { deadlineMs = SETTLE_WITHIN_MS } = {}): Promise<ApplyPayResult> {
    // The number stands before anything is sent: whatever happens after that, it can be asked about.
    const outRequestNo = input.out_request_no ?? this.newRequestNo()
    const untilMs = this.#clock.monotonicMs() + deadlineMs
    let heard = await this.#charge({ ...input, out_request_no: outRequestNo }, untilMs)
    let latest: Payment | undefined
    for (let waitMs = WAIT_STEP_MS; ; waitMs += WAIT_STEP_MS) {
      if ("data" in heard) latest = heard.data
      const outcome = "data" in heard ? FINAL_OUTCOMES[heard.data.pay_status] : undefined
      if (latest && outcome) return { outcome, out_request_no: outRequestNo, data: latest }
      // A question that was refused, because of a revoked key say, would be refused again.
      const hopeless = "lost" in heard && heard.lost.advice === "fix"
      if (hopeless || !(await this.#waited(waitMs, untilMs))) {
        return { outcome: "unknown", out_request_no: outRequestNo, data: latest, cause: causeOf(heard) }
      }
      heard = await this.#ask(outRequestNo, untilMs)
    }
  }

  async #charge(request: ApplyPayInput, untilMs: number): Promise<Heard> {
    for (let waitMs = WAIT_STEP_MS; ; waitMs += WAIT_STEP_MS) {
      const heard = await this.#hear("applypay", request, untilMs)
      if ("data" in heard || heard.lost.advice === "ask") return heard
      // The platform's signed word that nothing happened: the only reason to send a payment once more.
      const again = heard.lost.code === "TRY_AGAIN" && (await this.#waited(waitMs, untilMs))
      if (!again) throw heard.lost
    }
  }

  #ask(outRequestNo: string, untilMs: number): Promise<Heard> {
    return this.#hear("orderquery", { out_request_no: outRequestNo }, untilMs)
  }

  async #hear(name: "applypay" | "orderquery", input: object, untilMs: number): Promise<Heard> {
    try {
      return { data: await this.#connection.call<Payment>(name, input, untilMs) }
    } catch (error) {
      if (error instanceof MetroPayError) return { lost: error }
      throw error
    }
  }

  /** Waits so long, or to the end if that is sooner; says whether there is time left. */
  async #waited(waitMs: number, untilMs: number): Promise<boolean> {
    const leftMs = untilMs - this.#clock.monotonicMs()
    if (leftMs > 0) await this.#clock.sleep(Math.min(waitMs, leftMs))
    return waitMs < leftMs
  }
}

function causeOf(heard: Heard): string {
  return "lost" in heard ? heard.lost.message : `the order is still ${heard.data.pay_status}`
}
