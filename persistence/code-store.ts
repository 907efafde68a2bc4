import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import { AGREEMENT_PAY_TYPES } from "../domain/channel.ts"
import type { IssuedCode } from "../domain/customer.ts"
import type { CodeStore } from "../usecases/ports.ts"
import { type Item, item, num, optionalStr, readNum, readOptionalStr, readStr, str } from "./attributes.ts"
import { codeKeyOf } from "./keys.ts"

/** How long a code's item outlives the code: the app may still ask what became of it. Nothing relies on the deletion. */
const KEPT_AFTER_LIFE_S = 24 * 60 * 60

/** Codes of ours in DynamoDB, kept under the payment ID: the digits themselves are nowhere. */
export function codeStore(client: DynamoDBClient, tableName: string): CodeStore {
  const key = (payId: string) => {
    const { pk, sk } = codeKeyOf(payId)
    return { pk: str(pk), sk: str(sk) }
  }
  return {
    async put(code) {
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: encodeCode(code),
            ConditionExpression: "attribute_not_exists(pk)",
          }),
        )
        return true
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      }
    },

    async claim(payId, { owner, tradeNo, attempt }, notExpiredBeforeMs) {
      try {
        const { Attributes } = await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: key(payId),
            UpdateExpression: "SET o = :owner, tn = :tradeNo, ca = if_not_exists(ca, :attempt) ADD cn :one",
            // The first part keeps an update from making an item; the last lets a replay find its claim after the code's life.
            ConditionExpression:
              "attribute_exists(pk) AND ((attribute_not_exists(o) AND xa > :earliest) OR o = :owner)",
            ExpressionAttributeValues: {
              ":owner": str(owner),
              ":tradeNo": str(tradeNo),
              ":attempt": str(attempt),
              ":one": num(1),
              ":earliest": num(notExpiredBeforeMs),
            },
            ReturnValues: "ALL_NEW",
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
        )
        if (!Attributes) throw new Error("a claimed code came back without its attributes")
        return { claimed: true, code: decodeCode(Attributes) }
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error
        if (!error.Item) return { claimed: false, why: "unknown" }
        return { claimed: false, why: error.Item.o === undefined ? "expired" : "used" }
      }
    },

    async release(payId, { owner, attempt }) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: key(payId),
            UpdateExpression: "REMOVE o, tn, ca, cn",
            // Claimed once, and by this attempt: otherwise the same call, sent again, may be paying with it.
            ConditionExpression: "o = :owner AND ca = :attempt AND cn = :one",
            ExpressionAttributeValues: { ":owner": str(owner), ":attempt": str(attempt), ":one": num(1) },
          }),
        )
      } catch (error) {
        // Somebody else holds it too, or nobody does: there is nothing of ours alone to let go.
        if (!(error instanceof ConditionalCheckFailedException)) throw error
      }
    },

    async read(payId, options) {
      const { Item: found } = await client.send(
        new GetItemCommand({
          TableName: tableName,
          Key: key(payId),
          ConsistentRead: options?.consistent ?? false,
        }),
      )
      return found && decodeCode(found)
    },
  }
}

function encodeCode(code: IssuedCode): Item {
  const { pk, sk } = codeKeyOf(code.payId)
  return item({
    pk: str(pk),
    sk: str(sk),
    u: str(code.uid),
    pt: str(code.payType),
    e: num(code.epoch),
    xa: num(code.expiresAtMs),
    ttl: num(Math.ceil(code.expiresAtMs / 1000) + KEPT_AFTER_LIFE_S),
    o: optionalStr(code.owner),
    tn: optionalStr(code.tradeNo),
  })
}

function decodeCode(from: Item): IssuedCode {
  const payType = AGREEMENT_PAY_TYPES.find((it) => it === readStr(from, "pt"))
  if (!payType) throw new Error("stored code has an unknown pay type")
  return {
    payId: readStr(from, "pk").slice(2),
    uid: readStr(from, "u"),
    payType,
    epoch: readNum(from, "e"),
    expiresAtMs: readNum(from, "xa"),
    owner: readOptionalStr(from, "o"),
    tradeNo: readOptionalStr(from, "tn"),
  }
}
