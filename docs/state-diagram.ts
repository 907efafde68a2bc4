import { isFinal, ORDER_STATES, PUBLIC_STATUS, TRANSITIONS } from "../domain/order-states.ts"

/** docs/order-states.md: the transition table as a drawing and as a table. */
export function stateDiagram(): string {
  const node = (state: string) => (state === "NONE" ? "[*]" : state)
  const arrows = TRANSITIONS.map(({ from, event, to }) => `  ${node(from)} --> ${to}: ${event}`)
  const rows = TRANSITIONS.map(
    ({ from, event, to, emits, why }) =>
      `| ${from} | ${event} | ${to} | ${emits.join(", ") || "–"} | ${why} |`,
  )
  const states = ORDER_STATES.map((state) => {
    const status = state === "RETRACTED" ? undefined : PUBLIC_STATUS[state]
    const shown = status ? `\`${status.applypay}\` | \`${status.orderquery}\`` : "– | `ORDER_NOT_FOUND`"
    return `| ${state} | ${isFinal(state) ? "yes" : "no"} | ${shown} |`
  })
  return [
    "# The states of an order",
    "",
    "Generated from `domain/order-states.ts` by `npm run docs`; change it there. Nothing else changes a state.",
    "",
    "```mermaid",
    "stateDiagram-v2",
    ...arrows,
    "```",
    "",
    "| state | final | applypay says | orderquery says |",
    "|---|---|---|---|",
    ...states,
    "",
    "| from | event | to | emits | why |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n")
}
