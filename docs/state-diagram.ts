import { isFinal, ORDER_STATES, type OrderState, PUBLIC_STATUS, TRANSITIONS } from "../domain/order-states.ts"
import {
  isRefundFinal,
  PUBLIC_REFUND_STATUS,
  REFUND_STATES,
  REFUND_TRANSITIONS,
  type RefundState,
} from "../domain/refund-states.ts"

/** docs/order-states.md: the table of an order's states as a drawing and as tables. */
export function orderStatesPage(): string {
  const shown = (state: OrderState): string[] => {
    if (state === "RETRACTED") return ["–", "`ORDER_NOT_FOUND`"]
    const { applypay, orderquery } = PUBLIC_STATUS[state]
    return [`\`${applypay}\``, `\`${orderquery}\``]
  }
  return statesPage({
    title: "The states of an order",
    source: "domain/order-states.ts",
    transitions: TRANSITIONS,
    told: ["applypay says", "orderquery says"],
    states: ORDER_STATES.map((state) => [state, isFinal(state), ...shown(state)]),
  })
}

/** docs/refund-states.md, made in the same way. */
export function refundStatesPage(): string {
  const shown = (state: RefundState): string[] => {
    if (state === "RETRACTED") return ["–", "`REFUND_NOT_FOUND`"]
    const status = `\`${PUBLIC_REFUND_STATUS[state]}\``
    return [status, status]
  }
  return statesPage({
    title: "The states of a refund",
    source: "domain/refund-states.ts",
    transitions: REFUND_TRANSITIONS,
    told: ["refund says", "refundquery says"],
    states: REFUND_STATES.map((state) => [state, isRefundFinal(state), ...shown(state)]),
  })
}

type StateTables = {
  title: string
  source: string
  transitions: readonly { from: string; event: string; to: string; emits: readonly string[]; why: string }[]
  /** Which calls tell merchants of a state. */
  told: readonly string[]
  /** Of each state: its name, whether it is final, and what each of those calls says. */
  states: readonly (readonly [string, boolean, ...string[]])[]
}

function statesPage({ title, source, transitions, told, states }: StateTables): string {
  const node = (state: string) => (state === "NONE" ? "[*]" : state)
  return [
    `# ${title}`,
    "",
    `Generated from \`${source}\` by \`npm run docs\`; change it there. Nothing else changes a state.`,
    "",
    "```mermaid",
    "stateDiagram-v2",
    ...transitions.map(({ from, event, to }) => `  ${node(from)} --> ${to}: ${event}`),
    "```",
    "",
    ...table(
      ["state", "final", ...told],
      states.map(([state, final, ...says]) => [state, final ? "yes" : "no", ...says]),
    ),
    "",
    ...table(
      ["from", "event", "to", "emits", "why"],
      transitions.map(({ from, event, to, emits, why }) => [from, event, to, emits.join(", ") || "–", why]),
    ),
    "",
  ].join("\n")
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)]
}
