import type { Fen } from "../../../domain/money.ts"

type Json = Readonly<Record<string, unknown>>
type Problem = { field: string; issue: string }
type TextRule = { maxBytes: number; pattern?: RegExp }

export type BodyReader = ReturnType<typeof readBody>

/**
 * Reads a JSON body field by field, by paths such as `amount.total`. What is missing or ill-typed reads as an empty value,
 * and the first such problem is kept: whoever reads asks for it at the end.
 */
export function readBody(body: string) {
  let first: Problem | undefined
  const refuse = (field: string, issue: string): void => {
    first ??= { field, issue }
  }
  const root = parseJson(body)
  if (!isObject(root)) refuse("body", "不是JSON对象")
  const at = (path: string): unknown =>
    path.split(".").reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), root)

  const text = (path: string, rule: TextRule): string => {
    const value = at(path)
    if (typeof value !== "string" || value === "") {
      refuse(path, "必填，类型为字符串")
      return ""
    }
    // WeChat counts bytes of UTF-8, not characters, as its refusals say:
    // https://developers.weixin.qq.com/community/personal/oCJUsw-ubw6Sajw0lCPX2CAdOu7g/question
    const bytes = Buffer.byteLength(value)
    if (bytes > rule.maxBytes) refuse(path, `字节数 ${bytes}，大于最大值 ${rule.maxBytes}`)
    if (rule.pattern && !rule.pattern.test(value)) refuse(path, "长度不足或含有不允许的字符")
    return value
  }

  return {
    problem: () => first,
    refuse,
    text,
    has: (path: string) => at(path) !== undefined,
    optionalText: (path: string, rule: TextRule) => (at(path) === undefined ? undefined : text(path, rule)),
    object(path: string): void {
      if (!isObject(at(path))) refuse(path, "必填，类型为对象")
    },
    fen(path: string): Fen {
      const value = at(path)
      if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value
      refuse(path, "必须是大于0的整数，单位为分")
      return 0
    },
    onlyYuan(path: string): void {
      const value = at(path)
      if (value !== undefined && value !== "CNY") refuse(path, "只支持CNY")
    },
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
