import { isDeepStrictEqual } from "node:util"
import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import type { Refund } from "../domain/refund.ts"
import type { RefundStore } from "../usecases/ports.ts"
import { num, str } from "./attributes.ts"
import { refundKey } from "./keys.ts"
import { CHANGING_OF_REFUND, decodeRefund, encodeChangingOfRefund, encodeRefund } from "./refund-codec.ts"
import { itemInRefusedWrite, updateFromVersion } from "./versioned-write.ts"

/**
 * Refunds in DynamoDB. The SDK repeats a call whose answer was lost, so a failed condition may be our own write: it is
 * recognised by the lease holder, which is made anew for each attempt.
 */
export function refundStore(client: DynamoDBClient, tableName: string): RefundStore {
  return {
    async create(refund) {
      let retracted: Refund | undefined
      // Each further round means that another attempt took the number over and gave it up again in between.
      for (;;) {
        const next = retracted ? takeOver(retracted, refund) : refund
        const stored = await putRefund(client, tableName, next, retracted?.version)
        if (!stored) return { put: true, refund: next }
        if (stored.state === "PROCESSING" && isSameAttempt(stored, refund))
          return { put: true, refund: stored }
        if (stored.state !== "RETRACTED") return { put: false, stored }
        retracted = stored
      }
    },

    async advance(previous, next) {
      const present = encodeChangingOfRefund(next)
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: keyAttributes(previous.refundId),
            ...updateFromVersion(CHANGING_OF_REFUND, present, previous.version),
          }),
        )
        return { written: true }
      } catch (error) {
        const stored = decodeRefund(itemInRefusedWrite(error))
        const mine =
          stored.version === next.version && isDeepStrictEqual(encodeChangingOfRefund(stored), present)
        return mine ? { written: true } : { written: false, stored }
      }
    },

    async read(refundId) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: keyAttributes(refundId), ConsistentRead: true }),
      )
      return Item && decodeRefund(Item)
    },
  }
}

/** Puts; gives what stood there where the condition failed. */
async function putRefund(
  client: DynamoDBClient,
  tableName: string,
  refund: Refund,
  retractedVersion?: number,
): Promise<Refund | undefined> {
  const condition =
    retractedVersion === undefined
      ? { ConditionExpression: "attribute_not_exists(pk)" }
      : {
          ConditionExpression: "#v = :version AND st = :retracted",
          ExpressionAttributeNames: { "#v": "v" },
          ExpressionAttributeValues: { ":version": num(retractedVersion), ":retracted": str("RETRACTED") },
        }
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: encodeRefund(refund),
        ...condition,
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    )
    return undefined
  } catch (error) {
    return decodeRefund(itemInRefusedWrite(error))
  }
}

function isSameAttempt(stored: Refund, mine: Refund): boolean {
  return mine.lease !== undefined && stored.lease?.holder === mine.lease.holder
}

/** The number goes on where the retracted refund left it, its events included. */
function takeOver(retracted: Refund, refund: Refund): Refund {
  return { ...refund, version: retracted.version + 1, events: [...retracted.events, ...refund.events] }
}

function keyAttributes(refundId: string) {
  const { pk, sk } = refundKey(refundId)
  return { pk: str(pk), sk: str(sk) }
}
