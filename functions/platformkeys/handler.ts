import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics"
import type { CloudFormationCustomResourceEvent, Context, EventBridgeEvent } from "aws-lambda"
import { kmsKeyMaker } from "../../persistence/kms-key-maker.ts"
import { platformKeyStore } from "../../persistence/platform-key-store.ts"
import { ensurePlatformKeys } from "../../usecases/platform-keys.ts"
import { type KeptSigningKeys, keepSigningKeys } from "../../usecases/rotate-signing-key.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, kms, random } from "../machine.ts"
import { work } from "../worker.ts"
import { answerStack } from "./stack-resource.ts"

const { stage, settingsTable, dataKeyId, tuning } = readEnvironment()
const metrics = new Metrics({ namespace: `MetroPay/${stage}`, serviceName: "metro-pay" })

const DEFAULT_SIGNING_KEY_DAYS = 90

const ports = {
  clock,
  store: platformKeyStore(dynamodb, settingsTable),
  maker: kmsKeyMaker(kms, dataKeyId, () => random.id(clock.nowMs())),
}

type KeysEvent = CloudFormationCustomResourceEvent | EventBridgeEvent<"Scheduled Event", unknown>

/** The platform's own keys: made when it is deployed, looked after every day (ADR 0018). */
export function handler(event: KeysEvent, context: Context): Promise<KeptSigningKeys | undefined> {
  return work("platformkeys", context.awsRequestId, async (log) => {
    if (!("ResponseURL" in event)) return lookAfter()
    await answerStack(event, {
      make: () => ensurePlatformKeys(ports),
      leftMs: () => context.getRemainingTimeInMillis(),
      sleep: clock.sleep,
      onFault: log.fault,
    })
    return undefined
  })
}

async function lookAfter(): Promise<KeptSigningKeys> {
  await ensurePlatformKeys(ports)
  const kept = await keepSigningKeys(ports, tuning.signingKeyDays ?? DEFAULT_SIGNING_KEY_DAYS)
  metrics.addMetric("SigningKeyAgeDays", MetricUnit.Count, kept.ageDays)
  metrics.publishStoredMetrics()
  return kept
}
