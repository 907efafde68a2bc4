import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import type { Endpoint, EndpointPaceStore } from "../usecases/notification-ports.ts"
import { num, readOptionalNum, str } from "./attributes.ts"
import { endpointPaceKey } from "./keys.ts"
import { type AttributeChange, updateExpression } from "./update-expression.ts"

const KEPT_S = 24 * 60 * 60

/** How quick merchants' endpoints are: an item each. `q` until when it is taken for quick, `b` until when for busy or slow. */
export function endpointPaceStore(client: DynamoDBClient, tableName: string): EndpointPaceStore {
  const keyOf = (endpoint: Endpoint) => {
    const { pk, sk } = endpointPaceKey(endpoint)
    return { pk: str(pk), sk: str(sk) }
  }
  const write = async (endpoint: Endpoint, change: AttributeChange, untilMs: number) => {
    const ttl = num(Math.ceil(untilMs / 1000) + KEPT_S)
    await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: keyOf(endpoint),
        ...updateExpression({ ...change, ttl }),
      }),
    )
  }
  return {
    async probe(endpoint, nowMs, untilMs) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: keyOf(endpoint),
            UpdateExpression: "SET b = :until, #ttl = :ttl",
            ConditionExpression:
              "(attribute_not_exists(b) OR b <= :now) AND (attribute_not_exists(q) OR q <= :now)",
            ExpressionAttributeNames: { "#ttl": "ttl" },
            ExpressionAttributeValues: {
              ":now": num(nowMs),
              ":until": num(untilMs),
              ":ttl": num(Math.ceil(untilMs / 1000) + KEPT_S),
            },
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
        )
        return "probe"
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error
        return (readOptionalNum(error.Item, "q") ?? 0) > nowMs ? "quick" : "busy"
      }
    },

    setQuick: (endpoint, untilMs) => write(endpoint, { q: num(untilMs), b: null }, untilMs),

    setSlow: (endpoint, untilMs) => write(endpoint, { b: num(untilMs), q: null }, untilMs),
  }
}
