/** The one way in which a merchant is changed: look, check, ask, record, write, record. */
import type { RegisteredMerchant } from "../persistence/merchant-items.ts"
import type { Written } from "../persistence/merchant-registry.ts"
import { type Asked, askFirst } from "./ask-first.ts"
import type { Answer, Request } from "./command.ts"
import type { Desk } from "./desk.ts"
import { findMerchant } from "./find-merchant.ts"
import { recorded, whoAndWhy } from "./recorded.ts"
import type { Terminal } from "./terminal.ts"

export type Change = {
  /** The command's name. */
  action: string
  /** Where it is not the merchant. */
  subject?: string
  /** For the audit log: never a secret, never personal data. */
  what?: string
  /** Set where it is dangerous: in plain words what will happen. */
  ask?: Asked
  write(): Promise<Written>
  done: readonly string[]
  /** Beside merchant and version. */
  json?: object
}

export type Planned = { ok: true; change: Change } | { ok: false; why: string }

/** @param plan what is to be done to the merchant that was seen, or why not; the first word names it */
export async function changeMerchant(
  request: Request,
  desk: Pick<Desk, "stage" | "clock" | "audit" | "merchants">,
  terminal: Terminal,
  plan: (seen: RegisteredMerchant) => Planned | Promise<Planned>,
): Promise<Answer> {
  const found = await findMerchant(desk, request.words[0])
  if (!found.ok) return found
  const seen = found.merchant
  const planned = await plan(seen)
  if (!planned.ok) return planned
  const { action, subject = seen.merchantId, what, ask, write, done, json } = planned.change
  const declined = ask && (await askFirst({ ...ask, about: aboutOf(seen, ask, desk) }, request, terminal))
  if (declined) return declined
  const written = await recorded(desk, { action, subject, what, ...whoAndWhy(request) }, write, (it) =>
    it === "written" ? "done" : "refused: overtaken by another change",
  )
  if (written === "overtaken") return { ok: false, why: overtaken(seen.merchantId) }
  return { ok: true, lines: done, json: { merchantId: seen.merchantId, version: seen.version + 1, ...json } }
}

function aboutOf(
  { merchantId, name, disabled }: RegisteredMerchant,
  { about }: Asked,
  { stage }: Pick<Desk, "stage">,
) {
  return [`stage    ${stage}`, `merchant ${merchantId}, ${name}${disabled ? ", disabled" : ""}`, ...about]
}

function overtaken(merchantId: string): string {
  return `somebody else changed ${merchantId} in between, so nothing was done: look at it (merchants show ${merchantId}) and decide again`
}
