import { byId, element } from "./element.ts"
import { ENDINGS, endingOf, planOf } from "./endings.ts"
import { say } from "./language.ts"
import { formatYuan } from "./yuan.ts"

/** A button for each ending; a press chooses its amount. */
export function drawEndings(choose: (amountFen: number) => void): void {
  const buttons = ENDINGS.map(({ digits, amountFen }) => {
    const made = element(
      "button",
      { type: "button", "data-ending": digits, "aria-pressed": "false" },
      element("span", { class: "number" }, formatYuan(amountFen)),
      element("span", {}, say(`ending.${digits}`)),
    )
    made.addEventListener("click", () => choose(amountFen))
    return made
  })
  byId("endings", HTMLElement).replaceChildren(...buttons)
}

/** Presses the button of the ending that this amount leads to, whoever typed it, and says what will happen. */
export function showPlan(amountFen: number | undefined): void {
  const ending = amountFen === undefined ? undefined : endingOf(amountFen)
  for (const it of document.querySelectorAll<HTMLElement>("[data-ending]"))
    it.ariaPressed = String(it.dataset.ending === ending?.digits)
  byId("ending-plan", HTMLElement).textContent =
    ending && amountFen !== undefined ? planOf(ending, amountFen) : ""
}
