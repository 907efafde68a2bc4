/**
 * One short line for each call (H4). What may stand in it is this list, so codes, phones and keys cannot slip in; a fault
 * is logged with its stack, a refusal with its code.
 */
export type CallLine = {
  /** Name of the function. */
  call: string
  requestId: string
  merchantId?: string
  /** The platform's order number. */
  tradeNo?: string
  /** `SUCCESS`, or the error code. */
  code: string
  /** The order's state. */
  state?: string
  ms: number
}

export function logCall(line: CallLine): void {
  const { call, requestId, merchantId, tradeNo, code, state, ms } = line
  process.stdout.write(
    `${JSON.stringify({ at: new Date().toISOString(), call, id: requestId, m: merchantId, o: tradeNo, code, st: state, ms: Math.round(ms) })}\n`,
  )
}

export function logFault(call: string, requestId: string, fault: unknown): void {
  const { name, message, stack } = fault instanceof Error ? fault : new Error(String(fault))
  process.stderr.write(
    `${JSON.stringify({ at: new Date().toISOString(), call, id: requestId, fault: name, message, stack })}\n`,
  )
}
