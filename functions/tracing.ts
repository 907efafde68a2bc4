/**
 * X-Ray, where this deployment traces. The tracer is as large as a third of a function and takes nearly as long to load as
 * all of it, so it lies in a file of its own beside the function (infra/bundle.ts), and is loaded only where Powertools' own
 * POWERTOOLS_TRACE_ENABLED says so.
 */
import type { CallTrace } from "../http/call.ts"

const tracer =
  process.env.POWERTOOLS_TRACE_ENABLED === "true" ? (await import("./xray.ts")).openTracer() : undefined

/** Puts calls into the trace of their invocation; undefined where nothing is traced. */
export const trace: CallTrace | undefined = tracer

/** The same client of AWS, whose calls stand in the trace. */
export function traced<Client extends object>(client: Client): Client {
  return tracer ? tracer.capture(client) : client
}
