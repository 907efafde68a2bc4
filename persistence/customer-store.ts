import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import { AGREEMENT_PAY_TYPES } from "../domain/channel.ts"
import type { Customer } from "../domain/customer.ts"
import type { CustomerStore } from "../usecases/ports.ts"
import { type Item, num, readNum, readStr, str } from "./attributes.ts"
import { customerKey } from "./keys.ts"

export function customerStore(client: DynamoDBClient, tableName: string): CustomerStore {
  const key = (uid: string) => {
    const { pk, sk } = customerKey(uid)
    return { pk: str(pk), sk: str(sk) }
  }
  return {
    async read(uid) {
      const { Item: found } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: key(uid), ConsistentRead: true }),
      )
      return found && decodeCustomer(found)
    },

    async open(uid, payType) {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: key(uid),
          UpdateExpression: "SET op = :open, dp = :payType, e = if_not_exists(e, :first)",
          ExpressionAttributeValues: { ":open": { BOOL: true }, ":payType": str(payType), ":first": num(1) },
          ReturnValues: "ALL_NEW",
        }),
      )
      return decodeCustomer(Attributes ?? {})
    },

    async close(uid) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: key(uid),
            UpdateExpression: "SET op = :closed ADD e :one",
            ConditionExpression: "attribute_exists(pk)",
            ExpressionAttributeValues: { ":closed": { BOOL: false }, ":one": num(1) },
          }),
        )
      } catch (error) {
        // Never opened: closed already.
        if (!(error instanceof ConditionalCheckFailedException)) throw error
      }
    },
  }
}

export function decodeCustomer(from: Item): Customer {
  const defaultPayType = AGREEMENT_PAY_TYPES.find((it) => it === readStr(from, "dp"))
  if (!defaultPayType) throw new Error("stored customer has an unknown pay type")
  return {
    uid: readStr(from, "pk").slice(2),
    open: from.op?.BOOL === true,
    epoch: readNum(from, "e"),
    defaultPayType,
  }
}
