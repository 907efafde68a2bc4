/**
 * Metric filters' patterns for JSON lines, as far as ours go:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export type JsonLine = Readonly<Record<string, unknown>>

/** Whether a line is meant. Throws for a pattern that is not known here. */
export function readFilterPattern(pattern: string): (line: JsonLine) => boolean {
  const inner = /^\{(.*)\}$/s.exec(pattern.trim())?.[1]
  if (inner === undefined) throw unknown(pattern)
  const tokens = inner.match(/&&|\|\||[()]|!=|=|"[^"]*"|\$\.\w+|\*|-?\d+(\.\d+)?|\S+/g) ?? []
  const meant = anyOf(tokens)
  if (tokens.length > 0) throw unknown(pattern)
  return meant
}

/** `$.name` of a line; undefined where it has none. */
export function fieldOf(line: JsonLine, selector: string): unknown {
  return line[selector.slice("$.".length)]
}

type Test = (line: JsonLine) => boolean

function anyOf(tokens: string[]): Test {
  const tests = [allOf(tokens)]
  while (took(tokens, "||")) tests.push(allOf(tokens))
  return (line) => tests.some((test) => test(line))
}

function allOf(tokens: string[]): Test {
  const tests = [one(tokens)]
  while (took(tokens, "&&")) tests.push(one(tokens))
  return (line) => tests.every((test) => test(line))
}

function took(tokens: string[], word: string): boolean {
  if (tokens[0] !== word) return false
  tokens.shift()
  return true
}

function one(tokens: string[]): Test {
  const first = tokens.shift() ?? ""
  if (first === "(") {
    const inner = anyOf(tokens)
    if (!took(tokens, ")")) throw unknown("a bracket that is not closed")
    return inner
  }
  const [operator = "", wanted = ""] = tokens.splice(0, 2)
  if (!first.startsWith("$.") || (operator !== "=" && operator !== "!=")) throw unknown(first)
  const is = comparison(wanted)
  return (line) => {
    const value = fieldOf(line, first)
    if (value === undefined) return false
    return is(value) === (operator === "=")
  }
}

function comparison(wanted: string): (value: unknown) => boolean {
  if (wanted === "*") return () => true
  const text = /^"([^"*]*)"$/.exec(wanted)?.[1]
  if (text !== undefined) return (value) => value === text
  if (/^-?\d/.test(wanted)) return (value) => value === Number(wanted)
  throw unknown(wanted)
}

function unknown(part: string): Error {
  return new Error(`The filter pattern ${part} is not known to the local platform`)
}
