/** What each field of the public API means, wherever it stands. Limits are said only where zod's schema cannot tell them. */

export type FieldNote = {
  meaning: string
  example?: unknown
  limits?: { minLength?: number; maxLength?: number; format?: string }
}

const TOLD = "Told when it is known."

export const FIELDS: Readonly<Record<string, FieldNote>> = {
  // Headers of a call
  "Content-Digest": {
    meaning: "`sha-256=:BASE64:` of the body's bytes (RFC 9530).",
    example: "sha-256=:gEpRpS4qCOnn+2z8RXwSnUroYsYAYeit/IcJJAkr0K8=:",
  },
  "Signature-Input": {
    meaning: "What is signed, when and by whom (RFC 9421), under the label `sig1`.",
    example:
      'sig1=("@method" "@target-uri" "content-digest");created=1792000000;nonce="8fJq2mXvT0aLs5Yd";keyid="M10001/rsa-1"',
  },
  "Accept-Language": {
    meaning: "The language of messages: Chinese, unless English is preferred.",
    example: "en",
  },

  // Every answer
  code: { meaning: "`SUCCESS`, or why the call was refused. For programs." },
  message: { meaning: "For people: Chinese, unless `Accept-Language` prefers English." },
  data: { meaning: "What was asked for; for some refusals, details." },
  request_id: {
    meaning: "To be quoted when asking the operator about a call.",
    example: "01K7H3QZ8Y6M2J4T9B5C1D7F3G",
  },

  // Orders
  out_request_no: {
    meaning: "The shop's own number of the order, unique within the merchant.",
    example: "till7-000123",
  },
  pay_out_trade_no: { meaning: "The platform's number of the order.", example: "92243371668635935577005983" },
  qrcode: {
    meaning: "The digits of the customer's code, as scanned.",
    example: "92000000000000000004",
    limits: { minLength: 1, maxLength: 128 },
  },
  body: {
    meaning: "What is sold, in words that the customer sees.",
    example: "地铁站便利店 午餐",
    limits: { minLength: 1, maxLength: 128 },
  },
  total_fee: { meaning: "The order's amount, in fen.", example: 1200 },
  store_id: { meaning: "The shop.", example: "SZTX001", limits: { minLength: 1, maxLength: 32 } },
  extra_data: {
    meaning: "The shop's own remark: kept with the order, told to nobody.",
    example: "cashier=17",
    limits: { maxLength: 256 },
  },
  notify_url: {
    meaning:
      "Where the result shall be told to: a public https address without credentials. docs/merchants/notifications.md",
    example: "https://shop.example/metro-pay/notify",
    limits: { format: "uri" },
  },
  pay_status: {
    meaning:
      "`PS_SUCCESS`: paid. `PS_PAYING`: not known yet. `PS_FAILED`: not paid, and never will be. `PS_CLOSED` (never of " +
      "applypay): not paid, or given back as a whole by a reversal.",
    example: "PS_SUCCESS",
  },
  pay_date: {
    meaning: "Of a paid order: the day, yyyyMMdd, in the merchant's time zone.",
    example: "20261014",
  },
  pay_time: {
    meaning: "Of a paid order: yyyyMMddHHmmss in the merchant's time zone.",
    example: "20261014120003",
  },
  pay_coupon_fee: {
    meaning: "Of a paid order: how much of it a discount of the channel's paid, in fen.",
    example: 0,
  },
  pay_err_code: { meaning: "With `PS_FAILED`: why, for programs.", example: "BALANCE_INSUFFICIENT" },
  pay_err_desc: {
    meaning: "With `PS_FAILED`: why, for the cashier.",
    example: "余额不足，请顾客更换支付方式",
  },
  uid: { meaning: `The customer. ${TOLD} Channels' own codes have none.`, example: "U10001" },
  pay_type: {
    meaning: `How it is paid: \`CT_WECHAT\`, \`CT_ALIPAY\`, \`CT_UNION\` and others to come. ${TOLD}`,
    example: "CT_WECHAT",
  },
  pay_type_trade_no: {
    meaning: `The channel's number of the order. ${TOLD}`,
    example: "4200000000000000000000000001",
  },
  final_by: {
    meaning:
      "With `PS_PAYING`: by when the platform will have settled it, unless the channel stays silent. ISO 8601, UTC.",
    example: "2026-10-14T04:02:48.000Z",
  },

  // Undoing
  recall: {
    meaning: "`N`: certain. `Y`: not yet; the platform goes on by itself, call again to hear.",
    example: "N",
  },
  reverse_date: { meaning: "Once closed: yyyyMMdd in the merchant's time zone.", example: "20261014" },
  reverse_time: {
    meaning: "Once closed: yyyyMMddHHmmss in the merchant's time zone.",
    example: "20261014120141",
  },
  out_refund_no: {
    meaning: "The shop's own number of the refund, unique within the merchant.",
    example: "till7-000123-r1",
  },
  pay_refund_id: { meaning: "The platform's number of the refund.", example: "31415926535897932384626433" },
  refund_fee: { meaning: "How much shall go back, in fen.", example: 500 },
  pay_refund_fee: { meaning: "How much goes back, in fen.", example: 500 },
  pay_refund_coupon_fee: { meaning: "How much of it was a discount of the channel's, in fen.", example: 0 },
  // Bills
  date: { meaning: "A day in the merchant's time zone, `yyyyMMdd`.", example: "20261014" },
  bill_infos: { meaning: "One for each pay type that anything moved by." },
  total_count: { meaning: "Payments, also those that were reversed or refunded later." },
  total_amount: { meaning: "What they came to, in fen." },
  reverse_count: { meaning: "Payments that were reversed." },
  reverse_amount: { meaning: "What went back by that, in fen." },
  refund_count: { meaning: "Refunds that succeeded." },
  refund_amount: { meaning: "What went back by those, in fen." },
  url: { meaning: "Fetches the file by GET, for five minutes." },
  lines: { meaning: "Lines of the file, without its header." },
  sha256: { meaning: "Of the file's bytes, in hex." },
  merkle_root: { meaning: "Of the tree over the file's lines, in hex (RFC 6962)." },
  signature: { meaning: "The root key's, over the file's bytes, in base64." },
  statement: { meaning: "What is signed of the bill: merchant, date, lines, sha256 and merkle_root." },
  statement_signature: { meaning: "The root key's, over the statement's bytes, in base64." },
  keyid: { meaning: "The key that signed: `root`, whose public half is in `merchant.json`." },
  kind: { meaning: "Which movement: `PAYMENT`, `REVERSAL` or `REFUND`." },
  line: { meaning: "The line of the file, without its line end." },
  index: { meaning: "Its place among the lines, from 0; the header is none." },
  path: { meaning: "Hashes in hex that lead from the line to the root, its neighbour's first." },
  pay_refund_status: {
    meaning:
      "`RS_SUCCESS`: the money went back. `RS_PROCESSING`: not certain yet. `RS_FAILED`: nothing went back; the amount may " +
      "be refunded under a new number.",
    example: "RS_SUCCESS",
  },
  refund_date: { meaning: "Of its end: yyyyMMdd in the merchant's time zone.", example: "20261016" },
  refund_time: {
    meaning: "Of its end: yyyyMMddHHmmss in the merchant's time zone.",
    example: "20261016093012",
  },
  refund_err_desc: { meaning: "With `RS_FAILED`: why, for people." },

  // The customer's app
  pay_id: {
    meaning: "The code's payment: to be watched, and told to nobody.",
    example: "8Zk2x0dMvR1uYtqAoB5nWg",
  },
  expires_at: { meaning: "When the code ends. ISO 8601, UTC.", example: "2026-10-14T04:01:00.000Z" },
  status: {
    meaning:
      "`WAITING` to be scanned, `AUTHORIZE`: the customer has to agree first, `PASSWORD`: to enter it, `PAYING`, `PAID`, " +
      "`FAILED`, `CLOSED`, `EXPIRED`. Of a membership, whether the merchant was told of what the customer wants: `PENDING`, " +
      "`DONE`, or `FAILED`: it did not listen for a day.",
    example: "WAITING",
  },
  merchant_id: { meaning: "The merchant.", example: "M10001" },
  merchant_name: { meaning: "The merchant's name.", example: "天桥便利店" },
  agreements: { meaning: "Those that have not ended." },
  id: { meaning: "The agreement.", example: "01K7H3S5V8Q2M4N6P8R0T2W4Y6" },
  signed_at: { meaning: "When the customer agreed. ISO 8601, UTC.", example: "2026-09-01T02:11:40.000Z" },
  memberships: { meaning: "By merchant; `CLOSED` ones too." },
  vip_status: {
    meaning:
      "`ACTIVE`: the merchant has made the customer a member. `UNACTIVE`: not, or not yet. `CLOSED`: left.",
    example: "ACTIVE",
  },
  changed_at: {
    meaning: "When the customer last opened or left it. ISO 8601, UTC.",
    example: "2026-10-14T04:00:00.000Z",
  },
  phone: {
    meaning:
      "A mainland mobile number, or + and any number with its country's code. In answers `138****1234`.",
  },
  records: { meaning: "Newest first." },
  next: { meaning: "`before` for the next page; absent on the last." },
  time: { meaning: "When the order came. ISO 8601, UTC.", example: "2026-10-14T04:00:03.000Z" },
  limit: { meaning: "How many at most; 20 unless given.", example: 20 },
  before: { meaning: "`next` of the page before.", example: "1791950403000#92243371668635935577005983" },

  // The list of keys
  keys: { meaning: "A JWK set (RFC 7517)." },
  kty: { meaning: "The kind of key.", example: "RSA" },
  kid: { meaning: "The `keyid` of the answers it signs.", example: "01K6ZV0M3N5P7Q9R1S3T5V7W9X" },
  n: { meaning: "The modulus, base64url." },
  e: { meaning: "The exponent, base64url.", example: "AQAB" },
  alg: { meaning: "RSASSA-PKCS1-v1_5 with SHA-256, which RFC 9421 names rsa-v1_5-sha256.", example: "RS256" },
  use: { meaning: "What it is for.", example: "sig" },
}
