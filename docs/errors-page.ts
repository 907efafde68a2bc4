import { ERRORS, type ErrorCode, type RetryAdvice } from "../api/errors.ts"
import { PAY_ERRORS, type PayErrorCode } from "../api/pay-errors.ts"
import { ERROR_GUIDE, PAY_ERROR_GUIDE } from "./error-guide.ts"

const ADVICE: Readonly<Record<RetryAdvice, string>> = {
  fix: "the call must be changed; as it is, it will be refused again",
  ask: "what became of it is unknown: ask, or send the same call again under the same number",
  again: "nothing happened: send the same call again, under the same number",
}

/** docs/merchants/errors.md, made from the tables that the answers are made from. */
export function errorsPage(): string {
  return `${INTRODUCTION}
${table(
  ["advice", "means"],
  Object.entries(ADVICE).map(([advice, means]) => [code(advice), means]),
)}

## When a call is refused

${table(
  ["HTTP", "code", "advice", "it is given when", "your program", "the cashier sees"],
  (Object.keys(ERRORS) as ErrorCode[]).map((name) => {
    const { status, advice } = ERRORS[name]
    const { when, program, cashier } = ERROR_GUIDE[name]
    return [String(status), code(name), advice, when, program, cashier ?? ""]
  }),
)}

${BETWEEN}
${table(
  ["`pay_err_code`", "it is given when", "the cashier", "`pay_err_desc`"],
  (Object.keys(PAY_ERRORS) as PayErrorCode[]).map((name) => {
    const { zh, en } = PAY_ERRORS[name]
    const { when, next } = PAY_ERROR_GUIDE[name]
    return [code(name), when, next, `${zh}<br>${en}`]
  }),
)}
`
}

const INTRODUCTION = `<!-- Made by npm run docs from api/errors.ts, api/pay-errors.ts and docs/error-guide.ts. -->

# Errors

Every answer is \`{ "code", "message", "data", "request_id" }\`. \`code\` is \`SUCCESS\` or one of those below, and goes
with its HTTP status; programs read \`code\`. \`message\` is for people: Chinese, unless \`Accept-Language\` prefers English.
Quote \`request_id\` when you ask the operator about a call.

A code that your program does not know yet: with a status from 400 to 499 treat it as \`fix\`, otherwise as \`ask\`.
**No answer, an answer without the platform's signature, or one whose signature does not verify
([signing.md](signing.md#verifying-an-answer)) counts as \`ask\`, whatever its status says.**
`

const BETWEEN = `What a cashier reads in quotation marks is a proposal; \`message\` will do as well.

## When a payment is refused

applypay then answers \`SUCCESS\` with \`pay_status\` \`PS_FAILED\`: the order exists, is not paid and never will be. Its
number is used up; the next try takes a new one. orderquery says \`PS_CLOSED\` where applypay says \`ORDER_CLOSED\`.
`

function code(text: string): string {
  return `\`${text}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")
}
