/**
 * What every public call has in common, whoever makes it: a request id, one envelope, one log line, refusals and faults
 * told apart. Who is calling and how the answer is signed are middlewares of their own.
 */
import middy from "@middy/core"
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda"
import type { Language } from "../api/errors.ts"
import { type CallLog, callLog, type OrderFacts } from "./call-log.ts"
import { type Answer, type EnvelopedAnswer, envelope } from "./envelope.ts"
import { languageOf } from "./language.ts"
import { Refused } from "./refused.ts"

/** As the login provider has it; `verified` where it knows that the customer can be reached there. */
export type ProvenPhone = { number: string; verified: boolean }

/** Facts of one call, gathered on its way in. */
export type CallFacts = {
  requestId: string
  language: Language
  arrivedMonotonicMs: number
  nowMs: number
  method: string
  /** The configured public address and the route; never made from `Host`. */
  targetUri: string
  headers: Record<string, string | undefined>
  body: Buffer
  /** Merchant or customer, once known. */
  merchantId?: string
  keyId?: string
  nonce?: string
  uid?: string
  /** What the customer's token says of their phone number. */
  provenPhone?: ProvenPhone
  /** Its line. */
  log: CallLog
}

/** The event as the middlewares hand it on; the handler gives an answer, of which the last middleware makes the response. */
type CallEvent = APIGatewayProxyEventV2 & { facts?: CallFacts }
type Outcome = Answer | APIGatewayProxyStructuredResultV2
type CallRequest = middy.Request<CallEvent, Outcome, Error, Context>

/** Makes a call a part of its trace that can be found by order and merchant. */
export type CallTrace = {
  around<T>(name: string, run: () => Promise<T>): Promise<T>
  annotate(facts: Pick<OrderFacts, "tradeNo" | "merchantId">): void
}

export type CallSurroundings = {
  name: string
  publicUrl: string
  nowMs(): number
  monotonicMs(): number
  newRequestId(nowMs: number): string
  /** Where this stage traces. */
  trace?: CallTrace
  /** Headers to add to the finished answer, such as its signature. */
  seal?(answer: EnvelopedAnswer, facts: CallFacts): Promise<Record<string, string>>
}

/**
 * A Lambda handler that gathers the facts, lets `identify` say who calls (or throw a `Refused`), runs the call and sends
 * the answer. Never throws: a fault becomes SYSTEM_ERROR with nothing of its inside.
 */
export function callHandler(
  surroundings: CallSurroundings,
  identify: (facts: CallFacts) => Promise<void>,
  run: (facts: CallFacts, event: APIGatewayProxyEventV2) => Promise<Answer>,
) {
  const { name, trace } = surroundings
  // No early time-out: it would answer while money is still on its way, and the deadline is kept by the use case.
  const handle = middy<CallEvent, Outcome>({ timeoutEarlyInMillis: 0 })
    .use(answering(surroundings))
    .before(async ({ event }) => {
      event.facts = gatherFacts(event, surroundings)
      await identify(event.facts)
    })
    .handler(async (event) => {
      if (!event.facts) throw new Error("a call reached its handler unidentified")
      return run(event.facts, event)
    })
  if (!trace) return handle
  return (event: APIGatewayProxyEventV2, context: Context) =>
    trace.around(name, async () => handle(event, context))
}

function answering(surroundings: CallSurroundings): middy.MiddlewareObj<CallEvent, Outcome> {
  async function send(request: CallRequest, answer: Answer): Promise<void> {
    const facts = request.event.facts ?? gatherFacts(request.event, surroundings)
    const enveloped = envelope(answer, facts.requestId, facts.language)
    const sealed = await surroundings.seal?.(enveloped, facts)
    request.response = {
      statusCode: enveloped.status,
      headers: { ...enveloped.headers, ...sealed },
      body: enveloped.body.toString("utf8"),
    }
    if (answer.ok && answer.quiet) return
    const said = facts.log.end({
      ...(answer.ok ? answer.log : {}),
      merchantId: facts.merchantId,
      code: enveloped.code,
      ms: surroundings.monotonicMs() - facts.arrivedMonotonicMs,
    })
    surroundings.trace?.annotate(said)
  }
  return {
    after: async (request) => {
      if (!isAnswer(request.response)) throw new Error("a call gave no answer")
      await send(request, request.response)
    },
    onError: async (request) => {
      const { error } = request
      if (error instanceof Refused) return send(request, { ok: false, refusal: error.refusal })
      request.event.facts ??= gatherFacts(request.event, surroundings)
      request.event.facts.log.fault(error)
      return send(request, { ok: false, refusal: { code: "SYSTEM_ERROR" } })
    },
  }
}

function isAnswer(outcome: Outcome | null | undefined): outcome is Answer {
  return outcome != null && typeof outcome === "object" && "ok" in outcome
}

function gatherFacts(event: APIGatewayProxyEventV2, surroundings: CallSurroundings): CallFacts {
  const nowMs = surroundings.nowMs()
  const requestId = surroundings.newRequestId(nowMs)
  const query = event.rawQueryString ? `?${event.rawQueryString}` : ""
  return {
    requestId,
    language: languageOf(event.headers["accept-language"]),
    arrivedMonotonicMs: surroundings.monotonicMs(),
    nowMs,
    method: event.requestContext.http.method,
    targetUri: `${surroundings.publicUrl}${event.rawPath}${query}`,
    headers: event.headers,
    body: Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8"),
    log: callLog(surroundings.name, requestId),
  }
}
