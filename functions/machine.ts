/** The real world's time, randomness and AWS clients, as the use cases take them. */
import { randomInt } from "node:crypto"
import { setTimeout as delay } from "node:timers/promises"
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { KMSClient } from "@aws-sdk/client-kms"
import { ulid } from "ulid"
import type { Clock, Random } from "../usecases/ports.ts"
import { traced } from "./tracing.ts"

export const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
}

export const random: Random = {
  digits: (count) => Array.from({ length: count }, () => randomInt(10)).join(""),
  id: (nowMs) => ulid(nowMs),
}

/** A call to the database that is not answered in this time is tried again: the till is waiting. */
const REQUEST_TIMEOUT_MS = 1_500

export const dynamodb = traced(
  new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 500,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  }),
)

export const kms = traced(
  new KMSClient({
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 500,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  }),
)

/** Does it once for the life of the function; a failure is not kept, so that the next call tries again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error) => {
      made = undefined
      throw error
    })
    return made
  }
}
