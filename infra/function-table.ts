/**
 * What is deployed: each function, what calls it and what it may touch. The stacks are made from this table and the roles
 * hold these actions and no others (besides each function's own log and the source it is fed from). Deleting items,
 * scanning tables and wildcards cannot even be written down here.
 */

import type { StepWorkflowName, WorkflowName } from "./workflow-names.ts"

/** As API Gateway names it: method, blank, path with `{parameters}`. */
export type Route = `${"GET" | "POST"} /metro/payment/v1/${string}`

export type Trigger =
  | { routes: readonly Route[] }
  /** Records are gathered that long before the function is called. */
  | { stream: "main table"; gatherSeconds: number }
  /** Polls and dead letters: one queue a channel. */
  | { queues: "polls" | "dead letters" | "notifications" }
  | { taskOf: StepWorkflowName }
  /** It does every step of that workflow. */
  | { stepsOf: "daily-bills" }
  /** Executions that ended otherwise than they should. */
  | { failuresOf: StepWorkflowName }
  /** By the name it has in the settings. */
  | { schedule: "daily" | "watch" | "platformKeys" | "bills" }

/** Beginnings of the keys of objects that are read (and listed) or written. */
export type ObjectAccess<Prefix extends string> = { reads?: readonly Prefix[]; writes?: readonly Prefix[] }

export type TableAction = "GetItem" | "BatchGetItem" | "Query" | "PutItem" | "UpdateItem"

/** What wrapped keys are for: KMS unwraps a key only for whoever may name its purpose (persistence/kms-key-maker.ts). */
export type KeyPurpose = "metro-pay/data" | "metro-pay/answers"

export type FunctionRow = {
  trigger: Trigger
  /** Actions on the table itself, never on its index. */
  main?: readonly TableAction[]
  /** The partitions of the exceptions desk, and nothing else of the main table. */
  desk?: readonly "Query"[]
  /** The main table's index of days, which holds keys only. */
  days?: readonly "Query"[]
  /** GetItem reads the platform's wrapped keys, Query a merchant as a whole, BatchGetItem whether it may pay at all. */
  settings?: readonly TableAction[]
  /** Secrets in settings and items are encrypted under keys that the data key wraps; these it unwraps for the function. */
  unwraps?: readonly KeyPurpose[]
  /** Keys that it has made and wrapped, without seeing them. */
  makes?: readonly KeyPurpose[]
  /** The item of the platform's own keys, and nothing else of the settings table. */
  platformKeys?: readonly ("GetItem" | "UpdateItem")[]
  rootKey?: readonly "Sign"[]
  pollQueues?: readonly "SendMessage"[]
  /** Those that are sent from, not their dead letters. */
  notificationQueues?: readonly "SendMessage"[]
  /** By name: which are started and looked after. */
  workflows?: Readonly<Partial<Record<WorkflowName, readonly ("StartExecution" | "DescribeExecution")[]>>>
  /** The bucket of failed stream records: how many there are, not what is in them. */
  failedRecords?: readonly "ListBucket"[]
  /** By the beginnings of the keys (persistence/object-keys.ts). */
  movements?: ObjectAccess<"movements/" | "work/" | "runs/" | "progress/">
  bills?: ObjectAccess<"bills/">
  /** Both keys: whether they can be used. */
  keyStates?: readonly "DescribeKey"[]
  /** It is a resource of the stack too: called while that is deployed. */
  atDeployment?: "platformKeys"
  /** Where the work has no caller who waits and no lease to stay within; all others have FUNCTION_TIMEOUT. */
  timeoutMinutes?: number
  /** Where it holds much at a time; all others have FUNCTION_MEMORY_MB. */
  memoryMb?: number
}

export const FUNCTION_TABLE = {
  applypay: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/applypay"] },
    main: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"],
    settings: ["GetItem", "BatchGetItem", "Query"],
    unwraps: ["metro-pay/data", "metro-pay/answers"],
    pollQueues: ["SendMessage"],
  },
  queryuid: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/queryuid"] },
    main: ["GetItem", "UpdateItem"],
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data", "metro-pay/answers"],
  },
  orderquery: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/orderquery"] },
    main: ["GetItem"],
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data", "metro-pay/answers"],
    pollQueues: ["SendMessage"],
  },
  reverse: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/reverse"] },
    main: ["GetItem", "PutItem", "UpdateItem"],
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data", "metro-pay/answers"],
    workflows: { "undo-order": ["StartExecution", "DescribeExecution"] },
  },
  refund: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/refund"] },
    main: ["GetItem", "PutItem", "UpdateItem"],
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data", "metro-pay/answers"],
    pollQueues: ["SendMessage"],
  },
  refundquery: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/refundquery"] },
    main: ["GetItem"],
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data", "metro-pay/answers"],
    pollQueues: ["SendMessage"],
  },
  bill: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/bill"] },
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data", "metro-pay/answers"],
    movements: { reads: ["runs/"] },
    bills: { reads: ["bills/"] },
  },
  billdownload: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/billdownload"] },
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data", "metro-pay/answers"],
    bills: { reads: ["bills/"] },
  },
  billproof: {
    trigger: { routes: ["POST /metro/payment/v1/api/qrcode/billproof"] },
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data", "metro-pay/answers"],
    movements: { reads: ["runs/"] },
    bills: { reads: ["bills/"] },
  },
  keys: {
    trigger: { routes: ["GET /metro/payment/v1/keys"] },
    settings: ["GetItem"],
    rootKey: ["Sign"],
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
    unwraps: ["metro-pay/data"],
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
    main: ["Query", "UpdateItem"],
  },
  records: {
    trigger: {
      routes: ["GET /metro/payment/v1/app/records", "GET /metro/payment/v1/app/records/{pay_out_trade_no}"],
    },
    main: ["GetItem", "Query"],
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data"],
  },
  memberships: {
    trigger: {
      routes: [
        "POST /metro/payment/v1/app/memberships/open",
        "POST /metro/payment/v1/app/memberships/leave",
        "GET /metro/payment/v1/app/memberships",
      ],
    },
    // The first attempt to tell the merchant is made within the customer's call.
    main: ["GetItem", "Query", "PutItem", "UpdateItem"],
    settings: ["GetItem"],
    unwraps: ["metro-pay/data", "metro-pay/answers"],
    notificationQueues: ["SendMessage"],
  },
  phone: {
    trigger: { routes: ["POST /metro/payment/v1/app/phone", "GET /metro/payment/v1/app/phone"] },
    main: ["GetItem", "PutItem", "UpdateItem"],
    settings: ["GetItem"],
    unwraps: ["metro-pay/data"],
  },
  notifywechat: {
    trigger: { routes: ["POST /metro/payment/v1/notify/wechat/{merchant_id}/{account_id}/{version}"] },
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data"],
    pollQueues: ["SendMessage"],
  },
  effects: {
    trigger: { stream: "main table", gatherSeconds: 1 },
    // A refund without an address of its own is told to its order's; a new phone number to all whose member the customer is.
    main: ["GetItem", "Query", "PutItem"],
    settings: ["GetItem"],
    notificationQueues: ["SendMessage"],
    movements: { writes: ["movements/"] },
  },
  recovery: {
    // Most orders are final before their record is read: those need no message.
    trigger: { stream: "main table", gatherSeconds: 5 },
    pollQueues: ["SendMessage"],
  },
  notify: {
    trigger: { queues: "notifications" },
    main: ["GetItem", "UpdateItem"],
    settings: ["GetItem"],
    unwraps: ["metro-pay/data", "metro-pay/answers"],
    notificationQueues: ["SendMessage"],
  },
  poll: {
    trigger: { queues: "polls" },
    main: ["GetItem", "UpdateItem"],
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data"],
    pollQueues: ["SendMessage"],
    workflows: {
      "undo-order": ["StartExecution", "DescribeExecution"],
      "finish-refund": ["StartExecution", "DescribeExecution"],
    },
  },
  deadletters: {
    trigger: { queues: "dead letters" },
    main: ["GetItem", "UpdateItem"],
    pollQueues: ["SendMessage"],
  },
  undo: {
    trigger: { taskOf: "undo-order" },
    main: ["GetItem", "UpdateItem"],
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data"],
  },
  undofailed: {
    trigger: { failuresOf: "undo-order" },
    main: ["GetItem", "UpdateItem"],
    workflows: { "undo-order": ["StartExecution", "DescribeExecution"] },
  },
  finishrefund: {
    trigger: { taskOf: "finish-refund" },
    main: ["GetItem", "UpdateItem"],
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data"],
  },
  refundfailed: {
    trigger: { failuresOf: "finish-refund" },
    main: ["GetItem", "UpdateItem"],
    workflows: { "finish-refund": ["StartExecution", "DescribeExecution"] },
  },
  daily: {
    trigger: { schedule: "daily" },
    main: ["GetItem", "Query", "UpdateItem"],
    days: ["Query"],
    settings: ["GetItem", "Query"],
    unwraps: ["metro-pay/data"],
    pollQueues: ["SendMessage"],
    // Walks through all orders of two days.
    timeoutMinutes: 15,
  },
  bills: {
    trigger: { schedule: "bills" },
    workflows: { "daily-bills": ["StartExecution", "DescribeExecution"] },
  },
  makebills: {
    trigger: { stepsOf: "daily-bills" },
    // The list of merchants, and their time zones.
    settings: ["GetItem", "Query"],
    rootKey: ["Sign"],
    movements: {
      reads: ["movements/", "work/", "runs/"],
      writes: ["work/", "runs/", "progress/"],
    },
    bills: { reads: ["bills/"], writes: ["bills/"] },
    timeoutMinutes: 15,
    // A day of a merchant with two million movements.
    memoryMb: 3008,
  },
  watch: {
    trigger: { schedule: "watch" },
    desk: ["Query"],
    failedRecords: ["ListBucket"],
    keyStates: ["DescribeKey"],
  },
  platformkeys: {
    trigger: { schedule: "platformKeys" },
    platformKeys: ["GetItem", "UpdateItem"],
    makes: ["metro-pay/data", "metro-pay/answers"],
    atDeployment: "platformKeys",
    // A role that was just made is not known everywhere for a while.
    timeoutMinutes: 2,
  },
} as const satisfies Record<string, FunctionRow>

export type FunctionName = keyof typeof FUNCTION_TABLE

export const FUNCTION_NAMES = Object.keys(FUNCTION_TABLE) as FunctionName[]

export function rowOf(name: FunctionName): FunctionRow {
  return FUNCTION_TABLE[name]
}

export const ROUTES: readonly Route[] = FUNCTION_NAMES.flatMap((name) => {
  const { trigger } = rowOf(name)
  return "routes" in trigger ? trigger.routes : []
})
