/**
 * The function's other life: a resource of the stack (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html).
 * CloudFormation waits until the given address is told what came of it, or for the resource's whole time-out where nobody
 * tells it anything; so everything is told, in good time, as it was.
 */
import type { CloudFormationCustomResourceEvent } from "aws-lambda"

export type StackWork = {
  /** Makes what is missing; may be done again at any time. */
  make(): Promise<void>
  /** Of the function's time. */
  leftMs(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  onFault(fault: unknown): void
}

/** Kept of the function's time for telling. */
const TELLING_MS = 30_000
/** A role that was just made is not known everywhere for some seconds: whatever fails is tried again meanwhile. */
const TRY_AGAIN_AFTER_MS = 3_000
const MOST_TELLINGS = 4
const ONE_TELLING_MS = 5_000
/** An answer may have 4 KB. */
const MOST_REASON_CHARACTERS = 1_000
const PHYSICAL_ID = "platform-keys"

type Outcome = { Status: "SUCCESS" } | { Status: "FAILED"; Reason: string }

/** Throws where CloudFormation could not be told: Lambda then calls again. */
export async function answerStack(event: CloudFormationCustomResourceEvent, work: StackWork): Promise<void> {
  // Keys outlive their stack: what they sealed may be needed still.
  const outcome: Outcome = event.RequestType === "Delete" ? { Status: "SUCCESS" } : await makeInTime(work)
  const answer = {
    ...outcome,
    // Another one would have CloudFormation delete the resource of before.
    PhysicalResourceId: "PhysicalResourceId" in event ? event.PhysicalResourceId : PHYSICAL_ID,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  }
  await tell(event.ResponseURL, Buffer.from(JSON.stringify(answer)), work)
}

async function makeInTime(work: StackWork): Promise<Outcome> {
  const ended = new AbortController()
  const failed = { why: "the keys were not made in time" }
  const tooLate = pause(work, Math.max(0, work.leftMs() - TELLING_MS), ended.signal).then(() => false)
  const made = await Promise.race([makeAtLast(work, failed, ended.signal), tooLate])
  ended.abort()
  return made ? { Status: "SUCCESS" } : { Status: "FAILED", Reason: failed.why }
}

/** True once it was made; goes on until then, or until nobody waits any more. */
async function makeAtLast(work: StackWork, failed: { why: string }, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await work.make()
      return true
    } catch (fault) {
      work.onFault(fault)
      failed.why = describe(fault)
    }
    await pause(work, TRY_AGAIN_AFTER_MS, signal)
  }
  return false
}

/** Ends early, and without a fault, when nobody waits any more. */
async function pause(work: StackWork, ms: number, signal: AbortSignal): Promise<void> {
  await work.sleep(ms, signal).catch(() => undefined)
}

function describe(fault: unknown): string {
  const { name, message } = fault instanceof Error ? fault : new Error(String(fault))
  return `the platform's keys could not be made: ${name}: ${message}`.slice(0, MOST_REASON_CHARACTERS)
}

/** Bytes, since the signature of the address holds for an answer without content type. */
async function tell(url: string, answer: Buffer<ArrayBuffer>, work: StackWork): Promise<void> {
  for (let telling = 1; ; telling++) {
    try {
      const signal = AbortSignal.timeout(ONE_TELLING_MS)
      const { ok, status } = await fetch(url, { method: "PUT", body: answer, signal })
      if (ok) return
      throw new Error(`CloudFormation answered ${status}`)
    } catch (fault) {
      work.onFault(fault)
      if (telling === MOST_TELLINGS) throw fault
      await work.sleep(1_000)
    }
  }
}
