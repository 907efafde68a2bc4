import { fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs"
import { type Credentials, clientOptions } from "./account.ts"
import type { QueueDefinition } from "./blueprint.ts"
import type { PlatformClock } from "./clock.ts"
import { CLOCK_OFFSET_VARIABLE, type ClockMessage } from "./clock-message.ts"
import { StartFault } from "./start-fault.ts"

export type QueueServer = { url: string; close(): Promise<void> }

/** fauxqs on a free loopback port. Messages live in its memory; orders that wait are armed anew at each start. */
export async function startQueueServer(clock: PlatformClock): Promise<QueueServer> {
  const child = fork(join(import.meta.dirname, "queue-process.ts"), {
    execArgv: ["--import", join(import.meta.dirname, "shift-clock.ts")],
    env: { PATH: process.env.PATH, [CLOCK_OFFSET_VARIABLE]: String(clock.offsetMs()) },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  const ended = once(child, "exit")
  const [told] = await Promise.race([once(child, "message"), ended])
  const port = (told as { port?: number } | null)?.port
  if (port === undefined) throw new StartFault("the queue server did not start")
  const unfollow = clock.follow(async (clockOffsetMs) => {
    const echoed = new Promise<void>((resolve) => {
      child.on("message", function onEcho(message) {
        if ((message as ClockMessage).clockOffsetMs !== clockOffsetMs) return
        child.off("message", onEcho)
        resolve()
      })
    })
    child.send({ clockOffsetMs } satisfies ClockMessage)
    await Promise.race([echoed, ended])
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      unfollow()
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

/** Creates them one after the other: a queue's dead-letter queue must exist before it. */
export async function createQueues(
  url: string,
  credentials: Credentials,
  queues: readonly QueueDefinition[],
): Promise<void> {
  const client = new SQSClient(clientOptions(url, credentials))
  for (const { name, attributes } of deadLettersFirst(queues)) {
    await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
  }
  client.destroy()
}

function deadLettersFirst(queues: readonly QueueDefinition[]): QueueDefinition[] {
  const redrives = (queue: QueueDefinition) => (queue.attributes.RedrivePolicy === undefined ? 0 : 1)
  return [...queues].sort((one, other) => redrives(one) - redrives(other))
}
