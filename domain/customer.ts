import type { AgreementPayType } from "./channel.ts"

/** A customer of the app, as far as paying goes (A1). */
export type Customer = {
  uid: string
  open: boolean
  /** Rises when the customer closes the code: codes of an earlier epoch pay no more, at once and without touching them. */
  epoch: number
  defaultPayType: AgreementPayType
}

/** Consent that a merchant may charge a customer through a channel without a password (A5). */
export type Agreement = {
  id: string
  uid: string
  merchantId: string
  payType: AgreementPayType
  /** The channel's number of the contract, by which it is charged. */
  contractId: string
  signedAtMs: number
}

/** A code of ours as it is kept: never the digits themselves. */
export type IssuedCode = {
  payId: string
  uid: string
  payType: AgreementPayType
  epoch: number
  expiresAtMs: number
  /** The request that pays with it, and its order. Unset until it is scanned. */
  owner?: string
  tradeNo?: string
}
