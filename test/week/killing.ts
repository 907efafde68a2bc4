/** Kills functions now and then, as often as was asked for, spread over the week's sales. */
import type { Seeded } from "../simulation/seeded-random.ts"
import type { RunningChain } from "./running-chain.ts"

const WHILE_SELLING = [
  "applypay",
  "applypay",
  "orderquery",
  "reverse",
  "refund",
  "poll",
  "undo",
  "recovery",
  "effects",
  "effects",
  "finishrefund",
]
const BILLS_TRIES = 20
const BILLS_PAUSE_MS = 50

export class Killing {
  readonly #random: Seeded
  readonly #wanted: boolean
  #killsLeft: number
  #salesLeft: number
  /** Kills that found somebody. */
  done = 0

  /** @param sales how many there will be in the whole week */
  constructor(random: Seeded, kills: number, sales: number) {
    this.#random = random
    this.#wanted = kills > 0
    this.#killsLeft = kills
    this.#salesLeft = sales
  }

  /** To be called as each sale begins. */
  saleBegins(chain: RunningChain): void {
    const due = this.#killsLeft > 0 && this.#random.chance(this.#killsLeft / Math.max(1, this.#salesLeft))
    this.#salesLeft -= 1
    if (due) this.#kill(chain, this.#random.pick(WHILE_SELLING))
  }

  /** The run of the bills is under way: kills what makes them, once. */
  async billsAreMade(chain: RunningChain): Promise<void> {
    for (let at = 0; at < BILLS_TRIES && this.#killsLeft > 0; at++) {
      if (this.#kill(chain, "makebills")) return
      await new Promise((resolve) => setTimeout(resolve, BILLS_PAUSE_MS))
    }
  }

  /** Nothing follows from what is done meanwhile, since whoever writes it down stands still, and is killed in the end. */
  async holdingBack(chain: RunningChain, act: () => Promise<void>): Promise<void> {
    const stalled = this.#wanted ? chain.stall("effects") : 0
    try {
      await act()
    } finally {
      if (stalled > 0) this.#kill(chain, "effects")
    }
  }

  /** One that finds nobody does not count, and is tried again with a later sale. */
  #kill(chain: RunningChain, name: string): boolean {
    if (chain.kill(name) === 0) return false
    this.#killsLeft -= 1
    this.done += 1
    return true
  }
}
