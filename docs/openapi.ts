import * as z from "zod"
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from "zod-openapi"
import type { ErrorCode } from "../api/errors.ts"
import { OrderOutput, RefundOutput } from "../api/merchant-api.ts"
import { ERROR_GUIDE } from "./error-guide.ts"
import { headersOf, Refused, refusedExample, responses } from "./openapi/answers.ts"
import { APP_CALLS } from "./openapi/app-calls.ts"
import { withFieldNotes } from "./openapi/describe-fields.ts"
import type { DocumentedCall } from "./openapi/documented-call.ts"
import { MERCHANT_CALLS } from "./openapi/merchant-calls.ts"

/** What every call that a merchant signs can meet. */
const SIGNED_ERRORS: readonly ErrorCode[] = [
  "INVALID_PARAMETER",
  "SIGNATURE_MISSING",
  "SIGNATURE_INVALID",
  "SIGNATURE_EXPIRED",
  "DIGEST_MISMATCH",
  "KEY_UNKNOWN",
  "BODY_TOO_LARGE",
  "SYSTEM_ERROR",
]
const APP_ERRORS: readonly ErrorCode[] = ["INVALID_PARAMETER", "TOKEN_INVALID", "SYSTEM_ERROR"]

/** The published interface, made from the schemas that check the calls. */
export function openApiDocument() {
  return withFieldNotes(createDocument(description()))
}

export function errorsOf(call: DocumentedCall): readonly ErrorCode[] {
  return [...(call.tag === "app" ? APP_ERRORS : SIGNED_ERRORS), ...call.errors]
}

function description(): ZodOpenApiObject {
  const calls = [...MERCHANT_CALLS, ...APP_CALLS]
  const shown = new Set(calls.flatMap(errorsOf))
  return {
    openapi: "3.1.0",
    info: {
      title: "Metro Pay",
      version: "1.0.0",
      description: ABOUT,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [
      { url: "http://127.0.0.1:8787", description: "The local platform, `npm start`" },
      {
        url: "https://{host}",
        description: "A deployed platform",
        variables: {
          host: { default: "pay.example.org", description: "The public address, as its operator gives it" },
        },
      },
    ],
    tags: [
      { name: "paying", description: "A merchant charges scanned codes. Signed." },
      { name: "undoing", description: "A merchant reverses and refunds. Signed." },
      { name: "bills", description: "A merchant's books: what a day came to, line by line. Signed." },
      { name: "app", description: "The customer's app. With a bearer token; answers are not signed." },
      { name: "keys", description: "The keys that answers to merchants are signed with." },
    ],
    paths: { ...pathsOf(calls), ...keyPath() },
    components: {
      schemas: { Refused, Order: OrderOutput, Refund: RefundOutput },
      examples: Object.fromEntries(
        [...shown].map((code) => [code, { summary: ERROR_GUIDE[code].when, value: refusedExample(code) }]),
      ),
      headers: HEADERS,
      securitySchemes: {
        signature: { type: "apiKey", in: "header", name: "Signature", description: SIGNATURE },
        customer: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "A token of the platform's issuer; `sub` is the customer's uid.",
        },
      },
    },
  }
}

/** A path may be both asked and written to. */
function pathsOf(calls: readonly DocumentedCall[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {}
  for (const call of calls) paths[call.path] = { ...paths[call.path], [call.method]: operationOf(call) }
  return paths
}

function operationOf(call: DocumentedCall): ZodOpenApiOperationObject {
  const signed = call.tag !== "app"
  const { body, requests = {}, pathParameters: path, queryParameters: query } = call
  return {
    operationId: call.id,
    summary: call.summary,
    description: call.description,
    tags: [call.tag],
    security: [signed ? { signature: [] } : { customer: [] }],
    requestParams: {
      ...(path ? { path } : {}),
      ...(query ? { query } : {}),
      ...(signed ? { header: SignedHeaders } : {}),
    },
    ...(body
      ? {
          requestBody: {
            required: signed,
            content: { "application/json": { schema: body, examples: requests } },
          },
        }
      : {}),
    responses: responses(call.output, call.answers, errorsOf(call), signed),
  }
}

/** Beside the one of the security scheme. */
const SignedHeaders = z.object({
  "Content-Digest": z.string(),
  "Signature-Input": z.string(),
  "Accept-Language": z.string().optional(),
})

function keyPath(): ZodOpenApiPathsObject {
  const Jwk = z.object({
    kty: z.literal("RSA"),
    kid: z.string(),
    n: z.string(),
    e: z.string(),
    alg: z.literal("RS256"),
    use: z.literal("sig"),
  })
  return {
    "/metro/payment/v1/keys": {
      get: {
        operationId: "listKeys",
        summary: "The keys that answers are signed with",
        description:
          "Signed by the root key (`keyid` `root`), whose public half each merchant has: believe the list only then. A key " +
          "stands here for 24 h before its first use and 24 h after its last.",
        tags: ["keys"],
        security: [],
        responses: {
          "200": {
            description: "A JWK set.",
            headers: headersOf(true),
            content: { "application/jwk-set+json": { schema: z.object({ keys: z.array(Jwk) }) } },
          },
          "429": {
            description: "From the gateway, unsigned: too many calls. Use the keys you have; ask later.",
          },
          "503": {
            description:
              "No list at present, unsigned. Use the keys you have; ask again after `Retry-After`.",
          },
        },
      },
    },
  }
}

const HEADERS: NonNullable<ZodOpenApiObject["components"]>["headers"] = {
  "Content-Digest": {
    description: "`sha-256=:BASE64:` of the body's bytes (RFC 9530).",
    schema: { type: "string" },
    example: "sha-256=:hGdicn/F0KiM6Wl/nX5cxcQgBt/pRTnf2lCdwAIOWHU=:",
  },
  "Signature-Input": {
    description:
      "What is signed (RFC 9421), under the label `sig1`: status and digest of the answer, method, address and signature of " +
      "the call; `created` in unix seconds; `keyid`, the `kid` of a key in the list of keys.",
    schema: { type: "string" },
    example:
      'sig1=("@status" "content-digest" "@method";req "@target-uri";req "signature";req;key="sig1");created=1792000001;keyid="p-2026-10"',
  },
  Signature: {
    description:
      "`sig1=:BASE64:`, RSASSA-PKCS1-v1_5 with SHA-256 over the text that Signature-Input describes.",
    schema: { type: "string" },
    example: "sig1=:V3X1TJ0YGiDL3XXNEgbXLGq8OXXcpQCWMYnOZ90M+1JhnHjX1uaZRTQKvJM=:",
  },
  "Retry-After": {
    description: "Seconds to wait, where it stands.",
    schema: { type: "integer" },
    example: 7,
  },
}

const ABOUT = `Payments by scanned code, for shop chains. \`docs/merchants/\` tells it at length: the first ten minutes,
signing step by step, every error, the sandbox, going live.

- One envelope: \`{ "code", "message", "data", "request_id" }\`. Programs read \`code\`.
- Amounts are integers in fen. Values that are not known yet are absent. Unknown fields of a call are refused; your
  program must pass over unknown fields of an answer.
- Every call answers within 10 s; wait 15 s. No answer, or one without a valid signature, means: the result is unknown,
  ask. A payment has one \`out_request_no\` until its result is known.
- Each refusal stands with its advice: \`fix\` the call, \`ask\` what became of it, or send it \`again\`.`

const SIGNATURE = `RFC 9421 with RFC 9530. Sent along: \`Content-Digest: sha-256=:BASE64(SHA-256(body)):\` and
\`Signature-Input: sig1=("@method" "@target-uri" "content-digest");created=UNIX_SECONDS;nonce="16–64 characters";keyid="MERCHANT_ID/KEY_ID"\`.
The signed text has four lines, joined by one line feed, none at the end:

    "@method": POST
    "@target-uri": https://pay.example.org/metro/payment/v1/api/qrcode/applypay
    "content-digest": sha-256=:…:
    "@signature-params": ("@method" "@target-uri" "content-digest");created=…;nonce="…";keyid="…"

RSA of 2048 to 4096 bits signs with PKCS #1 v1.5 and SHA-256, ECDSA P-256 with SHA-256 (r then s, 64 bytes): the
registered key decides. \`created\` may be 300 s off. Examples in seven languages: \`docs/merchants/signers/\`, \`sdk/\`.`
