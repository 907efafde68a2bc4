import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics"
import { DescribeKeyCommand } from "@aws-sdk/client-kms"
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3"
import { logFault } from "../../http/call-log.ts"
import { standingExceptions } from "../../persistence/standing-exceptions.ts"
import { type Stock, type StockPorts, takeStock } from "../../usecases/take-stock.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, kms } from "../machine.ts"

const { stage, mainTable, failedRecordsBucket, dataKeyId, rootKeyId } = readEnvironment()
const metrics = new Metrics({ namespace: `MetroPay/${stage}`, serviceName: "metro-pay" })
/** Listing answers none; what would read it is not in the bundle (infra/left-out.ts). */
const noEventStream = () => {
  throw new Error("an event stream, which listing never answers")
}
const s3 = new S3Client({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 3_000, throwOnRequestTimeout: true },
  eventStreamSerdeProvider: () => ({ deserialize: noEventStream, serialize: noEventStream }),
})

const ports: StockPorts = {
  clock,
  desk: { standing: () => standingExceptions(dynamodb, mainTable) },
  failedRecords: {
    async count() {
      return (await s3.send(new ListObjectsV2Command({ Bucket: failedRecordsBucket }))).KeyCount ?? 0
    },
  },
  keys: {
    // Asked rather than heard: EventBridge hears of a key that is switched off only where a CloudTrail trail is on.
    async unusable() {
      const states = await Promise.all([dataKeyId, rootKeyId].map(isUsable))
      return states.filter((usable) => !usable).length
    },
  },
  onFault: (subject, fault) => logFault("watch", subject, fault),
}

async function isUsable(KeyId: string): Promise<boolean> {
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }))
  return KeyMetadata?.KeyState === "Enabled"
}

/** Every few minutes: what waits for somebody, as metrics that alarms look at. */
export async function handler(): Promise<Stock> {
  const stock = await takeStock(ports)
  for (const [name, value] of Object.entries(stock)) {
    const unit = name.endsWith("Seconds") ? MetricUnit.Seconds : MetricUnit.Count
    metrics.addMetric(`${name.charAt(0).toUpperCase()}${name.slice(1)}`, unit, value)
  }
  metrics.publishStoredMetrics()
  return stock
}
