import * as z from "zod"
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi"
import { APP_API_PATH, IssueCodeInput, OpenCodeInput, PaymentStatus, RecordsInput } from "../api/app-api.ts"
import { ERRORS, type ErrorCode } from "../api/errors.ts"
import {
  ApplyPayInput,
  MERCHANT_API_PATH,
  OrderOutput,
  OrderQueryInput,
  QueryUidInput,
  QueryUidOutput,
  ReverseInput,
  ReverseOutput,
} from "../api/merchant-api.ts"

/** The published interface, made from the schemas that check the calls. */
export function openApiDocument() {
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Metro Pay",
      version: "1.0.0",
      description:
        "Payments by scanned code. Merchants' calls and their answers are signed (RFC 9421 with RFC 9530); " +
        "the customer's app carries a bearer token. Amounts are integers in fen.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "http://127.0.0.1:8787", description: "The local platform" }],
    paths: { ...merchantPaths(), ...appPaths(), ...keyPaths() },
    components: {
      securitySchemes: {
        signature: {
          type: "apiKey",
          in: "header",
          name: "Signature",
          description: "RFC 9421 signature `sig1` over @method, @target-uri and content-digest.",
        },
        customer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
      },
    },
  })
}

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

function merchantPaths(): ZodOpenApiPathsObject {
  const call = (
    summary: string,
    input: z.ZodObject,
    output: z.ZodObject,
    further: readonly ErrorCode[],
  ): { post: ZodOpenApiOperationObject } => ({
    post: {
      summary,
      tags: ["merchant"],
      security: [{ signature: [] }],
      requestBody: { required: true, content: { "application/json": { schema: input } } },
      responses: responses(output, [...SIGNED_ERRORS, ...further]),
    },
  })
  return {
    [`${MERCHANT_API_PATH}/applypay`]: call("Charge a scanned code (A7)", ApplyPayInput, OrderOutput, [
      "MERCHANT_DISABLED",
      "ORDER_NO_REUSED",
      "TOO_MANY_REQUESTS",
      "TRY_AGAIN",
    ]),
    [`${MERCHANT_API_PATH}/queryuid`]: call("Whose code is this (A8)", QueryUidInput, QueryUidOutput, [
      "CODE_NOT_FOUND",
      "TOO_MANY_REQUESTS",
    ]),
    [`${MERCHANT_API_PATH}/orderquery`]: call("State of an order (A9)", OrderQueryInput, OrderOutput, [
      "ORDER_NOT_FOUND",
    ]),
    [`${MERCHANT_API_PATH}/reverse`]: call("Undo an order (A10)", ReverseInput, ReverseOutput, [
      "ORDER_NOT_FOUND",
      "ORDER_STATE_FORBIDS",
      "REVERSE_WINDOW_CLOSED",
    ]),
  }
}

const time = z.string().meta({ format: "date-time", description: "ISO 8601, UTC" })

const ShownCode = z.object({ qrcode: z.string(), pay_id: z.string(), pay_type: z.string(), expires_at: time })
const Watched = z.object({
  status: PaymentStatus,
  pay_id: z.string(),
  pay_type: z.string(),
  expires_at: time,
  merchant_id: z.string().optional(),
  total_fee: z.int().optional(),
  pay_out_trade_no: z.string().optional(),
  pay_err_code: z.string().optional(),
  pay_err_desc: z.string().optional(),
})
const AgreementLine = z.object({
  id: z.string(),
  merchant_id: z.string(),
  pay_type: z.string(),
  signed_at: time,
})
const RecordLine = z.object({
  pay_out_trade_no: z.string(),
  time,
  total_fee: z.int(),
  pay_status: z.string(),
  pay_type: z.string(),
  merchant_id: z.string(),
  merchant_name: z.string().optional(),
})
const RecordDetail = OrderOutput.extend({
  body: z.string(),
  time,
  merchant_id: z.string(),
  merchant_name: z.string().optional(),
  store_id: z.string(),
})

function appPaths(): ZodOpenApiPathsObject {
  const call = (
    summary: string,
    output: z.ZodObject,
    further: readonly ErrorCode[],
    input: Pick<ZodOpenApiOperationObject, "requestBody" | "requestParams"> = {},
  ): ZodOpenApiOperationObject => ({
    summary,
    tags: ["app"],
    security: [{ customer: [] }],
    ...input,
    responses: responses(output, ["INVALID_PARAMETER", "TOKEN_INVALID", "SYSTEM_ERROR", ...further]),
  })
  const body = (schema: z.ZodObject) => ({ requestBody: { content: { "application/json": { schema } } } })
  const path = (name: string) => ({ requestParams: { path: z.object({ [name]: z.string() }) } })
  return {
    [`${APP_API_PATH}/code/open`]: {
      post: call(
        "Open the code, or set its default pay type (A1)",
        z.object({ pay_type: z.string() }),
        [],
        body(OpenCodeInput),
      ),
    },
    [`${APP_API_PATH}/code/close`]: {
      post: call("Close the code: no issued code pays any more (A1)", z.object({}), []),
    },
    [`${APP_API_PATH}/code`]: {
      post: call("A fresh code for one minute (A2, A3)", ShownCode, ["CODE_NOT_OPEN"], body(IssueCodeInput)),
    },
    [`${APP_API_PATH}/payments/{pay_id}`]: {
      get: call("What became of a code (A4)", Watched, ["CODE_NOT_FOUND"], path("pay_id")),
    },
    [`${APP_API_PATH}/agreements`]: {
      get: call("No-password agreements (A5)", z.object({ agreements: z.array(AgreementLine) }), []),
    },
    [`${APP_API_PATH}/agreements/{id}/close`]: {
      post: call("End an agreement (A5)", z.object({ id: z.string() }), ["AGREEMENT_NOT_FOUND"], path("id")),
    },
    [`${APP_API_PATH}/records`]: {
      get: call(
        "Consumption records, newest first (A6)",
        z.object({ records: z.array(RecordLine), next: z.string().optional() }),
        [],
        { requestParams: { query: RecordsInput } },
      ),
    },
    [`${APP_API_PATH}/records/{pay_out_trade_no}`]: {
      get: call("One record (A6)", RecordDetail, ["ORDER_NOT_FOUND"], path("pay_out_trade_no")),
    },
  }
}

function keyPaths(): ZodOpenApiPathsObject {
  const set = z.object({ keys: z.array(z.record(z.string(), z.string())) })
  return {
    "/metro/payment/v1/keys": {
      get: {
        summary: "The keys that answers are signed with: a JWK set, signed by the root key",
        tags: ["keys"],
        security: [],
        responses: {
          "200": { description: "JWK set", content: { "application/jwk-set+json": { schema: set } } },
        },
      },
    },
  }
}

/** Success and the errors that a call can meet, those of one HTTP status together. */
function responses(output: z.ZodObject, codes: readonly ErrorCode[]) {
  const envelope = (data: z.ZodType, code: z.ZodType) =>
    z.object({ code, message: z.string(), data, request_id: z.string() })
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const { status } = ERRORS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const errors = [...byStatus].map(([status, list]) => [
    String(status),
    {
      description: list.map((code) => `${code}: ${ERRORS[code].en}`).join(" · "),
      content: { "application/json": { schema: envelope(z.record(z.string(), z.unknown()), z.enum(list)) } },
    },
  ])
  return {
    "200": {
      description: "SUCCESS",
      content: { "application/json": { schema: envelope(output, z.literal("SUCCESS")) } },
    },
    ...Object.fromEntries(errors),
  }
}
