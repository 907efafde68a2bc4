/** The tracer: loaded by functions/tracing.ts, and only where this deployment traces. */
import { Tracer } from "@aws-lambda-powertools/tracer"
import type { CallTrace } from "../http/call.ts"

export type OpenTracer = CallTrace & { capture<Client extends object>(client: Client): Client }

export function openTracer(): OpenTracer {
  // Calls to channels are not captured: that would send them a header with our trace, and their answers are in our log.
  const tracer = new Tracer({ serviceName: "metro-pay", captureHTTPsRequests: false })
  return {
    capture: (client) => tracer.captureAWSv3Client(client),

    around: (name, run) =>
      new Promise((resolve, reject) => {
        tracer.provider.captureAsyncFunc(name, (segment) => {
          const ran = run().catch((fault) => {
            // Only that it failed: what it said may have to be redacted and stands in the log.
            segment?.addFaultFlag()
            throw fault
          })
          // Closed, that is sent, before the function answers: after that it may be frozen.
          ran.finally(() => segment?.close()).then(resolve, reject)
        })
      }),

    annotate({ tradeNo, merchantId }) {
      if (tradeNo !== undefined) tracer.putAnnotation("order", tradeNo)
      if (merchantId !== undefined) tracer.putAnnotation("merchant", merchantId)
    },
  }
}
