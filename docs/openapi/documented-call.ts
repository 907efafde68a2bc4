import type * as z from "zod"
import type { ErrorCode } from "../../api/errors.ts"

/** A call as the published document tells it. */
export type DocumentedCall = {
  /** The operation's id: what a generated client names its method. */
  id: string
  method: "get" | "post"
  path: string
  tag: "paying" | "undoing" | "bills" | "app"
  summary: string
  description: string
  /** The JSON body. */
  body?: z.ZodObject
  pathParameters?: z.ZodObject
  queryParameters?: z.ZodObject
  /** `data` of the answer. */
  output: z.ZodObject
  /** Beside those that every call of its kind can meet. */
  errors: readonly ErrorCode[]
  /** Bodies, by name. */
  requests?: Examples
  /** `data`, by name. */
  answers: Examples
}

export type Examples = Readonly<Record<string, { summary: string; value: Record<string, unknown> }>>
