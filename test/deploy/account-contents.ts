import { DeleteTableCommand, DynamoDBClient, ListTablesCommand, ScanCommand } from "@aws-sdk/client-dynamodb"
import { DescribeKeyCommand, KMSClient, ListKeysCommand } from "@aws-sdk/client-kms"
import { clientOptions } from "../../local/account.ts"
import { CREDENTIALS, type Emulator } from "./emulator.ts"

/** What the account holds beside stacks, whatever stack it belongs or belonged to. */
export type AccountContents = {
  /** By table: how many items are in it. */
  tables(): Promise<Record<string, number>>
  /** Ids of the keys that can be used. */
  keys(): Promise<string[]>
  /** Why it refuses; undefined where the table is deleted. */
  refusesToDelete(table: string): Promise<string | undefined>
}

export function accountContents({ url }: Emulator): AccountContents {
  const dynamodb = new DynamoDBClient(clientOptions(url, CREDENTIALS))
  const kms = new KMSClient(clientOptions(url, CREDENTIALS))
  const itemsIn = async (TableName: string) =>
    (await dynamodb.send(new ScanCommand({ TableName, Select: "COUNT" }))).Count ?? 0
  return {
    async tables() {
      const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}))
      return Object.fromEntries(
        await Promise.all(TableNames.map(async (name) => [name, await itemsIn(name)] as const)),
      )
    },
    async keys() {
      const { Keys = [] } = await kms.send(new ListKeysCommand({}))
      const described = await Promise.all(
        Keys.map(({ KeyId }) => kms.send(new DescribeKeyCommand({ KeyId }))),
      )
      return described.flatMap(({ KeyMetadata }) =>
        KeyMetadata?.KeyState === "Enabled" ? [KeyMetadata.KeyId ?? ""] : [],
      )
    },
    async refusesToDelete(TableName) {
      try {
        await dynamodb.send(new DeleteTableCommand({ TableName }))
        return undefined
      } catch (fault) {
        return (fault as Error).message
      }
    },
  }
}
