import { GetQueueAttributesCommand, type QueueAttributeName, type SQSClient } from "@aws-sdk/client-sqs"

/** About how many messages: SQS counts as it goes. */
export type Counts = { waiting: number; delayed: number; inFlight: number }
export type QueueCounts = { channel: string; polls: Counts; deadLetters?: Counts }

/** @param pollQueues URLs by channel */
export function queueCounts(
  sqs: SQSClient,
  pollQueues: Readonly<Partial<Record<string, string>>>,
): Promise<QueueCounts[]> {
  return Promise.all(
    Object.entries(pollQueues).map(async ([channel, url = ""]) => {
      const { counts, deadLetterArn } = await read(sqs, url)
      const deadLetterUrl = deadLetterArn && url.replace(/[^/]+$/, deadLetterArn.replace(/^.*:/, ""))
      const deadLetters = deadLetterUrl ? (await read(sqs, deadLetterUrl)).counts : undefined
      return { channel, polls: counts, deadLetters }
    }),
  )
}

const NAMES: QueueAttributeName[] = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesDelayed",
  "ApproximateNumberOfMessagesNotVisible",
  "RedrivePolicy",
]

async function read(sqs: SQSClient, QueueUrl: string): Promise<{ counts: Counts; deadLetterArn?: string }> {
  const { Attributes: found = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: NAMES }),
  )
  const redrive = JSON.parse(found.RedrivePolicy ?? "{}") as { deadLetterTargetArn?: string }
  const counts = {
    waiting: Number(found.ApproximateNumberOfMessages ?? 0),
    delayed: Number(found.ApproximateNumberOfMessagesDelayed ?? 0),
    inFlight: Number(found.ApproximateNumberOfMessagesNotVisible ?? 0),
  }
  return { counts, deadLetterArn: redrive.deadLetterTargetArn }
}
