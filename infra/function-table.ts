/**
 * What is deployed: each function, what calls it and what it may touch. The stacks are made from this table and the roles
 * hold these actions and no others (besides each function's own log and the source it is fed from). Deleting items,
 * scanning tables and wildcards cannot even be written down here.
 */

/** As API Gateway names it: method, blank, path with `{parameters}`. */
export type Route = `${"GET" | "POST"} /metro/payment/v1/${string}`

export type TableAction = "GetItem" | "BatchGetItem" | "Query" | "PutItem" | "UpdateItem"

export type FunctionRow = {
  trigger: { routes: readonly Route[] } | "stream of the main table" | "poll queues"
  /** Actions on the table itself, never on its index. */
  main?: readonly TableAction[]
  /** GetItem reads the platform's wrapped keys, Query a merchant as a whole, BatchGetItem whether it may pay at all. */
  settings?: readonly TableAction[]
  /** Secrets in the settings and items are encrypted under data keys that this key wraps. */
  dataKey?: readonly "Decrypt"[]
  rootKey?: readonly ("Sign" | "GetPublicKey")[]
  pollQueues?: readonly "SendMessage"[]
}

export const FUNCTION_TABLE = {
  applypay: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/applypay"] },
    main: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"],
    settings: ["GetItem", "BatchGetItem", "Query"],
    dataKey: ["Decrypt"],
    pollQueues: ["SendMessage"],
  },
  queryuid: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/queryuid"] },
    main: ["GetItem", "UpdateItem"],
    settings: ["GetItem", "Query"],
    dataKey: ["Decrypt"],
  },
  orderquery: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/orderquery"] },
    main: ["GetItem"],
    settings: ["GetItem", "Query"],
    dataKey: ["Decrypt"],
    pollQueues: ["SendMessage"],
  },
  keys: {
    trigger: { routes: ["GET /metro/payment/v1/keys"] },
    settings: ["GetItem"],
    rootKey: ["Sign", "GetPublicKey"],
  },
  code: {
    trigger: {
      routes: [
        "POST /metro/payment/v1/app/code",
        "POST /metro/payment/v1/app/code/open",
        "POST /metro/payment/v1/app/code/close",
      ],
    },
    main: ["GetItem", "PutItem", "UpdateItem"],
    settings: ["GetItem"],
    dataKey: ["Decrypt"],
  },
  payments: {
    trigger: { routes: ["GET /metro/payment/v1/app/payments/{pay_id}"] },
    main: ["GetItem"],
  },
  agreements: {
    trigger: {
      routes: ["GET /metro/payment/v1/app/agreements", "POST /metro/payment/v1/app/agreements/{id}/close"],
    },
    // Closing an agreement is an update: what a customer once agreed to stays provable.
    main: ["GetItem", "Query", "UpdateItem"],
  },
  records: {
    trigger: {
      routes: ["GET /metro/payment/v1/app/records", "GET /metro/payment/v1/app/records/{pay_out_trade_no}"],
    },
    main: ["GetItem", "Query"],
    settings: ["GetItem", "Query"],
    dataKey: ["Decrypt"],
  },
  effects: {
    trigger: "stream of the main table",
    main: ["PutItem", "UpdateItem"],
  },
  poll: {
    trigger: "poll queues",
    main: ["GetItem", "UpdateItem"],
    settings: ["GetItem", "Query"],
    dataKey: ["Decrypt"],
    pollQueues: ["SendMessage"],
  },
} as const satisfies Record<string, FunctionRow>

export type FunctionName = keyof typeof FUNCTION_TABLE

export const FUNCTION_NAMES = Object.keys(FUNCTION_TABLE) as FunctionName[]

export function rowOf(name: FunctionName): FunctionRow {
  return FUNCTION_TABLE[name]
}
