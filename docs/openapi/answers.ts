import * as z from "zod"
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from "zod-openapi"
import { ERRORS, type ErrorCode, errorMessage, type Refusal } from "../../api/errors.ts"
import { ERROR_GUIDE } from "../error-guide.ts"
import type { Examples } from "./documented-call.ts"

const REQUEST_ID = "01K7H3QZ8Y6M2J4T9B5C1D7F3G"

const codes = Object.keys(ERRORS) as ErrorCode[]

/** What every refusal looks like. */
export const Refused = z.object({
  code: z.enum(codes),
  message: z.string(),
  data: z.record(z.string(), z.unknown()),
  request_id: z.string(),
})

export function successEnvelope(output: z.ZodObject) {
  return z.object({
    code: z.literal("SUCCESS"),
    message: z.string(),
    data: output,
    request_id: z.string(),
  })
}

/** What a refusal carries beside its code where it can be shown. */
const DETAILS: Partial<Record<ErrorCode, Omit<Refusal, "code">>> = {
  INVALID_PARAMETER: { detail: "total_fee 应为 1–100000000 的整数，单位分" },
  SIGNATURE_MISSING: { detail: "no Signature-Input header" },
  SIGNATURE_INVALID: {
    data: {
      expected_signature_base: [
        '"@method": POST',
        '"@target-uri": http://127.0.0.1:8787/metro/payment/v1/api/qrcode/orderquery',
        '"content-digest": sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
        '"@signature-params": ("@method" "@target-uri" "content-digest");created=1792000000;nonce="8fJq2mXvT0aLs5Yd";keyid="M10001/rsa-1"',
      ].join("\n"),
    },
  },
  SIGNATURE_EXPIRED: { detail: "created is more than 300 s off", data: { server_time: 1792000301 } },
  DIGEST_MISMATCH: { detail: "no Content-Digest header" },
}

/** The body of a refusal, as an example. */
export function refusedExample(code: ErrorCode): z.infer<typeof Refused> {
  const refusal: Refusal = { code, ...DETAILS[code] }
  return {
    code,
    message: errorMessage(refusal, "zh"),
    data: refusal.data ?? {},
    request_id: REQUEST_ID,
  }
}

/** A success as it is sent, around an example of its data. */
export function successExample(data: Record<string, unknown>): Record<string, unknown> {
  return { code: "SUCCESS", message: "成功", data, request_id: REQUEST_ID }
}

/** Success, and the refusals that the call can meet, those of one HTTP status together. */
export function responses(
  output: z.ZodObject,
  answers: Examples,
  errors: readonly ErrorCode[],
  signed: boolean,
): ZodOpenApiResponsesObject {
  const statuses = [...new Set(errors.map((code) => ERRORS[code].status))].sort()
  return {
    "200": {
      description: "The call was carried out; `data` says what came of it.",
      headers: headersOf(signed),
      content: {
        "application/json": { schema: successEnvelope(output), examples: successExamples(answers) },
      },
    },
    ...Object.fromEntries(
      statuses.map((status) => [
        String(status),
        refusals(
          errors.filter((code) => ERRORS[code].status === status),
          signed,
        ),
      ]),
    ),
  }
}

function refusals(errors: readonly ErrorCode[], signed: boolean): ZodOpenApiResponseObject {
  const waits = errors.some((code) => ERRORS[code].advice === "again")
  return {
    description: errors
      .map((code) => `- \`${code}\` (${ERRORS[code].advice}): ${ERROR_GUIDE[code].when}`)
      .join("\n"),
    headers: { ...headersOf(signed), ...(waits ? header("Retry-After") : {}) },
    content: {
      "application/json": {
        schema: Refused,
        examples: Object.fromEntries(errors.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  }
}

function successExamples(answers: Examples) {
  return Object.fromEntries(
    Object.entries(answers).map(([name, { summary, value }]) => [
      name,
      { summary, value: successExample(value) },
    ]),
  )
}

export function headersOf(signed: boolean) {
  return signed
    ? { ...header("Content-Digest"), ...header("Signature-Input"), ...header("Signature") }
    : undefined
}

function header(name: string) {
  return { [name]: { $ref: `#/components/headers/${name}` } }
}
