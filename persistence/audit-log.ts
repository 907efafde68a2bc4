import { type DynamoDBClient, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb"
import type { AuditEntry, AuditLog } from "../usecases/ports.ts"
import { type Item, item, num, optionalStr, readNum, readOptionalStr, readStr, str } from "./attributes.ts"
import { auditPk } from "./keys.ts"

/** What people did (H4): appended under its day, never changed. */
export function auditLog(
  client: DynamoDBClient,
  tableName: string,
  newId: (nowMs: number) => string,
): AuditLog {
  return {
    async write(entry) {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: encode(entry, newId(entry.atMs)),
          ConditionExpression: "attribute_not_exists(pk)",
        }),
      )
    },

    async list(day, limit) {
      const page = await client.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": str(auditPk(day)) },
          ScanIndexForward: false,
          Limit: limit,
        }),
      )
      return (page.Items ?? []).map(decode)
    },
  }
}

function encode({ atMs, operator, action, subject, detail }: AuditEntry, id: string): Item {
  return item({
    pk: str(auditPk(new Date(atMs).toISOString().slice(0, 10))),
    sk: str(id),
    at: num(atMs),
    op: str(operator),
    ac: str(action),
    su: str(subject),
    de: optionalStr(detail),
  })
}

function decode(from: Item): AuditEntry {
  return {
    atMs: readNum(from, "at"),
    operator: readStr(from, "op"),
    action: readStr(from, "ac"),
    subject: readStr(from, "su"),
    detail: readOptionalStr(from, "de"),
  }
}
