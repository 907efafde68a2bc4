/**
 * What each error means to a shop: the words of docs/merchants/errors.md, and of the OpenAPI document beside each code.
 * What is said to people at the till stands in api/.
 */
import type { ErrorCode } from "../api/errors.ts"
import type { PayErrorCode } from "../api/pay-errors.ts"

export type ErrorGuide = {
  /** When it is given, as a sentence. */
  when: string
  /** What the program does. */
  program: string
  /** What the cashier sees or does; nothing where the program settles it alone. */
  cashier?: string
}

const MENDING = "“Payment is out of order”: this is mended by the programmer"
const UNKNOWN = "“Please wait”, until the program knows"

export const ERROR_GUIDE: Readonly<Record<ErrorCode, ErrorGuide>> = {
  INVALID_PARAMETER: {
    when: "A field is missing, malformed, out of range or unknown; `message` names it and what was expected.",
    program: "Correct the call. Nothing happened: the number is free.",
    cashier: MENDING,
  },
  SIGNATURE_MISSING: {
    when: "There is no `Signature-Input` or no `Signature` header.",
    program: "Send both: a proxy may have dropped them.",
    cashier: MENDING,
  },
  SIGNATURE_INVALID: {
    when: "The headers are malformed, too little is signed, or the signature does not verify; `message` says which.",
    program:
      "Outside production compare `data.expected_signature_base` with what was signed, character by character.",
    cashier: MENDING,
  },
  SIGNATURE_EXPIRED: {
    when: "`created` is more than 300 s off the platform's clock; `data.server_time` is its time, in unix seconds.",
    program: "Set the clock, or sign by `server_time`, and send the call again, signed anew.",
  },
  DIGEST_MISMATCH: {
    when: "`Content-Digest` is missing, unreadable, or not that of the bytes received, which `message` gives.",
    program: "Sign exactly the bytes that are sent: something wrote the JSON anew, or changed it on its way.",
    cashier: MENDING,
  },
  KEY_UNKNOWN: {
    when: "`keyid` names no merchant's key, or one that was revoked.",
    program: "Check `MERCHANT_ID/KEY_ID`, and whether the public key is registered on this platform.",
    cashier: MENDING,
  },
  TOKEN_INVALID: {
    when: "(app) The customer's token is missing, wrong or expired.",
    program: "Have the customer log in again.",
  },
  MERCHANT_DISABLED: {
    when:
      "(applypay, app: opening a membership) The platform's operator has disabled the merchant. Asking, reversing and " +
      "refunding go on, and so does leaving.",
    program: "Stop charging. Nothing happened: the number and the code are free.",
    cashier: "“Use another way to pay”, and calls the manager, who calls the operator",
  },
  PERMISSION_DENIED: {
    when: "The caller may not do this. No call gives it yet.",
    program: "Treat it as final.",
  },
  CODE_NOT_OPEN: {
    when: "(app) The customer has not opened the consumption code.",
    program: "Offer to open it.",
  },
  PHONE_NOT_VERIFIED: {
    when:
      "(app) The customer's token carries another number, or one that the login provider did not verify; in production " +
      "also where it carries none.",
    program: "Have the customer verify the number with the login provider, then call with the new token.",
  },
  ORDER_NOT_FOUND: {
    when: "The merchant has no such order. After a time-out this is not final: the charge may still be on its way.",
    program:
      "Where the order is wanted, send the same applypay again; where it is not, reverse its number: that closes it.",
    cashier: UNKNOWN,
  },
  REFUND_NOT_FOUND: {
    when: "The merchant has no such refund. After a time-out this is not final.",
    program: "Send the same refund again: under its number it moves money once.",
    cashier: UNKNOWN,
  },
  CODE_NOT_FOUND: {
    when: "(queryuid) The code is none of the platform's, expired or closed. (app) There is no such `pay_id`.",
    program: "Ask for a fresh code.",
    cashier: "“Please refresh the code”, scans again",
  },
  AGREEMENT_NOT_FOUND: {
    when: "(app) The agreement has ended already, or is another customer's.",
    program: "List the agreements anew.",
  },
  MEMBERSHIP_NOT_OFFERED: {
    when: "(app) The merchant is unknown, or has no address at which it hears of members.",
    program: "Do not offer its membership.",
  },
  MEMBERSHIP_NOT_FOUND: {
    when: "(app) The customer never opened a membership of this merchant.",
    program: "List the memberships anew.",
  },
  ORDER_NO_REUSED: {
    when: "The number was used before with other content. The order that has it stands as it was.",
    program:
      "A new scan takes a new `out_request_no`; to repeat a call, repeat its content too. The code is not used up.",
    cashier: MENDING,
  },
  REFUND_NO_REUSED: {
    when: "The refund's number was used before for another order or amount. That refund stands as it was.",
    program: "Take a new `out_refund_no`; to repeat a call, repeat its content too.",
    cashier: MENDING,
  },
  ORDER_STATE_FORBIDS: {
    when:
      "(reverse) A refund of the order was begun, or the channel definitely refuses to give the money back: it stays " +
      "paid. (refund) The order is not paid, or its channel takes no further refund of it.",
    program: "Ask with orderquery and go by its state; of a paid order, refund what is left.",
    cashier: "“Cannot be undone”; the manager decides, perhaps gives cash back",
  },
  REFUND_EXCEEDS_PAID: {
    when: "With the refunds before, this would be more than was paid.",
    program: "Refund at most what is left.",
    cashier: "“More than was paid”",
  },
  REFUND_WINDOW_CLOSED: {
    when: "The channel gives nothing back any more: the order is too old.",
    program: "Treat it as final.",
    cashier: "“Too late to refund here”; the manager decides, perhaps gives cash back",
  },
  REVERSE_WINDOW_CLOSED: {
    when: "The order was paid on an earlier day of the merchant's time zone.",
    program: "Refund it instead.",
  },
  PHONE_REQUIRED: {
    when: "(app) Merchants know their members by phone number, and the customer has set none.",
    program: "Have the customer set it, then open the membership.",
  },
  PHONE_TAKEN: {
    when: "(app) Another customer has set this number. It is not told who.",
    program: "Ask for another number; whoever holds it first has to change it.",
  },
  BILL_NOT_READY: {
    when: "The day's bill is not made yet: a day is closed half an hour after its midnight, and its bill made at two.",
    program: "Ask again later.",
  },
  BODY_TOO_LARGE: {
    when: "The body has more than 64 KiB.",
    program: "Send less: no valid call is that long.",
    cashier: MENDING,
  },
  TOO_MANY_REQUESTS: {
    when: "(applypay, queryuid) The merchant's tills sent 100 wrong codes within five minutes. No order was made.",
    program: "Wait for `Retry-After` seconds, then send the same call again; look for the till that guesses.",
    cashier: "“Use another way to pay”",
  },
  SYSTEM_ERROR: {
    when: "Something broke. What became of the call is unknown.",
    program: "Ask with orderquery, or send the same call again under the same number.",
    cashier: UNKNOWN,
  },
  TRY_AGAIN: {
    when: "Nothing happened. With `Retry-After` the customer's pay channel does not answer at present.",
    program: "Send the same call again, under the same number, after a second or after `Retry-After`.",
    cashier: UNKNOWN,
  },
}

/** `next`: what the cashier does. The same words for the customer stand in `pay_err_desc`. */
export const PAY_ERROR_GUIDE: Readonly<Record<PayErrorCode, { when: string; next: string }>> = {
  CODE_INVALID: { when: "It is no code that anybody issued.", next: "Asks for a fresh code and scans again" },
  CODE_EXPIRED: { when: "The code's minute is over.", next: "Asks for a fresh code and scans again" },
  CODE_USED: {
    when: "The code has paid, or was tried, elsewhere.",
    next: "Asks for a fresh code and scans again",
  },
  CODE_CLOSED: { when: "The customer closed the code in the app.", next: "Asks for another way to pay" },
  AGREEMENT_REQUIRED: {
    when: "The customer has not agreed to pay this shop without a password.",
    next: "Waits until the customer has agreed in the app, then scans the new code",
  },
  BALANCE_INSUFFICIENT: { when: "There is too little money.", next: "Asks for another way to pay" },
  LIMIT_EXCEEDED: { when: "It is over a limit of the customer's.", next: "Asks for another way to pay" },
  PASSWORD_FAILED: { when: "The customer's password was wrong.", next: "Asks for another way to pay" },
  PAY_METHOD_OFF: { when: "The shop does not take this kind of code.", next: "Asks for another way to pay" },
  CHANNEL_REFUSED: {
    when: "The pay channel refused, for a reason of its own.",
    next: "Asks for another way to pay",
  },
  ORDER_CLOSED: {
    when: "The order is closed: reversed, or never to be paid. Nothing is taken, or what was taken goes back.",
    next: "Asks for a fresh code and scans again, under a new number",
  },
}
