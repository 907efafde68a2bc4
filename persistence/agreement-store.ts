import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import { AGREEMENT_PAY_TYPES } from "../domain/channel.ts"
import type { Agreement } from "../domain/customer.ts"
import type { AgreementStore } from "../usecases/ports.ts"
import { type Item, num, readNum, readStr, str } from "./attributes.ts"
import { AGREEMENT_PREFIX, agreementKey, customerKey } from "./keys.ts"

/** Agreements of a customer: one item for each merchant and pay type. An ended one stays, marked: nothing is deleted. */
export function agreementStore(client: DynamoDBClient, tableName: string): AgreementStore {
  const key = ({ uid, merchantId, payType }: Agreement) => {
    const { pk, sk } = agreementKey(uid, merchantId, payType)
    return { pk: str(pk), sk: str(sk) }
  }
  return {
    async list(uid) {
      const found: Agreement[] = []
      let from: Item | undefined
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues: { ":pk": str(customerKey(uid).pk), ":prefix": str(AGREEMENT_PREFIX) },
            ExclusiveStartKey: from,
          }),
        )
        for (const it of page.Items ?? []) if (isLiveAgreement(it)) found.push(decodeAgreement(it))
        from = page.LastEvaluatedKey
      } while (from)
      return found
    },

    async put(agreement) {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: {
            ...key(agreement),
            i: str(agreement.id),
            c: str(agreement.contractId),
            sa: num(agreement.signedAtMs),
          },
        }),
      )
    },

    async remove(agreement) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: key(agreement),
            UpdateExpression: "SET en = :ended",
            ConditionExpression: "i = :id AND attribute_not_exists(en)",
            ExpressionAttributeValues: { ":id": str(agreement.id), ":ended": { BOOL: true } },
          }),
        )
        return true
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      }
    },
  }
}

export function isLiveAgreement(from: Item): boolean {
  return from.en?.BOOL !== true
}

export function decodeAgreement(from: Item): Agreement {
  const [, merchantId, payTypeText] = readStr(from, "sk").split("#")
  const payType = AGREEMENT_PAY_TYPES.find((it) => it === payTypeText)
  if (!merchantId || !payType) throw new Error("stored agreement has an unknown key")
  return {
    id: readStr(from, "i"),
    uid: readStr(from, "pk").slice(2),
    merchantId,
    payType,
    contractId: readStr(from, "c"),
    signedAtMs: readNum(from, "sa"),
  }
}
