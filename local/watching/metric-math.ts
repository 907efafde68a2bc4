/**
 * Metric math as far as our alarms go: arithmetic, comparisons, IF and FILL, at one point of time each.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */

/** A metric's value at that time by its id; undefined where there is no data. */
export type ValueOf = (id: string) => number | undefined

/** What the expression comes to at a time; undefined where it has no data point. */
export type MetricMath = (at: ValueOf) => number | undefined

/** Throws for an expression that is not known here. */
export function readMetricMath(expression: string): MetricMath {
  const tokens = expression.match(/\d+(\.\d+)?|\w+|>=|<=|==|!=|[-+*/<>(),]/g) ?? []
  if (tokens.join("") !== expression.replace(/\s/g, "")) throw unknown(expression)
  const read = comparison(tokens)
  if (tokens.length > 0) throw unknown(expression)
  return read
}

type Binary = (left: number, right: number) => number

const COMPARISONS: Readonly<Record<string, Binary>> = {
  ">=": (left, right) => Number(left >= right),
  "<=": (left, right) => Number(left <= right),
  "==": (left, right) => Number(left === right),
  "!=": (left, right) => Number(left !== right),
  ">": (left, right) => Number(left > right),
  "<": (left, right) => Number(left < right),
}
const SUMS: Readonly<Record<string, Binary>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
}
const PRODUCTS: Readonly<Record<string, Binary>> = {
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
}

type Reader = (tokens: string[]) => MetricMath

const product = chainOf(PRODUCTS, operand)
const sum = chainOf(SUMS, product)
const comparison = chainOf(COMPARISONS, sum)

/** `a op b op c`, from left to right; what is missing or no number leaves the whole without a data point. */
function chainOf(operators: Readonly<Record<string, Binary>>, below: Reader): Reader {
  return (tokens) => {
    let whole = below(tokens)
    for (;;) {
      const operator = operators[tokens[0] ?? ""]
      if (!operator) return whole
      tokens.shift()
      const left = whole
      const right = below(tokens)
      whole = (at) => {
        const [one, other] = [left(at), right(at)]
        if (one === undefined || other === undefined) return undefined
        const value = operator(one, other)
        return Number.isFinite(value) ? value : undefined
      }
    }
  }
}

function operand(tokens: string[]): MetricMath {
  const first = tokens.shift() ?? ""
  if (first === "(") {
    const inner = comparison(tokens)
    expect(tokens, ")")
    return inner
  }
  if (/^\d/.test(first)) return () => Number(first)
  if (!/^[A-Za-z]/.test(first)) throw unknown(first)
  if (tokens[0] !== "(") return (at) => at(first)
  return called(first, argumentsIn(tokens))
}

function argumentsIn(tokens: string[]): MetricMath[] {
  expect(tokens, "(")
  const found = [comparison(tokens)]
  while (tokens[0] === ",") {
    tokens.shift()
    found.push(comparison(tokens))
  }
  expect(tokens, ")")
  return found
}

function called(name: string, [first, second, third]: MetricMath[]): MetricMath {
  if (name === "FILL" && first && second && !third) return (at) => first(at) ?? second(at)
  if (name === "IF" && first && second && third) {
    return (at) => {
      const condition = first(at)
      if (condition === undefined) return undefined
      return condition !== 0 ? second(at) : third(at)
    }
  }
  throw unknown(name)
}

function expect(tokens: string[], token: string): void {
  if (tokens.shift() !== token) throw unknown(`an expression without its ${token}`)
}

function unknown(part: string): Error {
  return new Error(`The metric math ${part} is not known to the local platform`)
}
