import type { Refusal } from "../api/errors.ts"

/**
 * A refusal on its way out through middy. Within the platform refusals are values; but a middleware that returns early has
 * the later ones skipped, and then nobody would sign the answer, so here it is thrown.
 */
export class Refused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.code)
    this.name = "Refused"
    this.refusal = refusal
  }
}
