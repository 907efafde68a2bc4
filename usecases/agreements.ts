/** A customer's no-password agreements (A5): listed and closed here; signed on the channels' own pages. */
import type { Agreement } from "../domain/customer.ts"
import type { AgreementStore } from "./ports.ts"

export type AgreementPorts = { agreements: AgreementStore }

export function listAgreements(ports: AgreementPorts, uid: string): Promise<Agreement[]> {
  return ports.agreements.list(uid)
}

/** False where the customer has no such agreement (any more). The next payment needs a new one at once. */
export async function closeAgreement(ports: AgreementPorts, uid: string, id: string): Promise<boolean> {
  const agreement = (await ports.agreements.list(uid)).find((it) => it.id === id)
  return agreement !== undefined && ports.agreements.remove(agreement)
}
