import { readdirSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

/**
 * The bucket of failed stream records for whoever lists it: here they are the files of a folder (failed-records.ts). Answers
 * ListObjectsV2 and nothing else: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export async function startFailedRecordsApi(dir: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const lists = request.method === "GET" && request.url?.includes("list-type=2")
    response.writeHead(lists ? 200 : 501, { "content-type": "application/xml" })
    response.end(lists ? listing(dir) : errorBody)
  })
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const errorBody = "<Error><Code>NotImplemented</Code><Message>Only listing is offered here</Message></Error>"
const MOST_KEYS = 1000

function listing(dir: string): string {
  const names = namesIn(dir)
  const shown = names.slice(0, MOST_KEYS)
  const contents = shown.map((name) => `<Contents><Key>aws/lambda/${name}</Key></Contents>`).join("")
  const truncated = `<IsTruncated>${names.length > shown.length}</IsTruncated>`
  return `<ListBucketResult><KeyCount>${shown.length}</KeyCount>${truncated}${contents}</ListBucketResult>`
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    // It is made with the first record that fails.
    return []
  }
}
