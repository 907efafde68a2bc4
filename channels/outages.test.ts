import assert from "node:assert/strict"
import { once } from "node:events"
import { connect } from "node:net"
import { test } from "node:test"
import { listenWithOutages } from "./outages.ts"

function refusal(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && "code" in cause ? String(cause.code) : undefined
}

/** The status of the first call that gets through; each failed try is an event of its own. */
async function firstAnswer(url: string): Promise<number> {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer) return answer.status
  }
}

test("an outage breaks open calls, refuses new ones, and ends on the same port when the clock has passed it", async () => {
  let now = 1_000
  const arrivals: string[] = []
  const listener = await listenWithOutages({
    nowMs: () => now,
    handle: (request, response) => {
      arrivals.push(request.url ?? "")
      if (request.url !== "/silent") response.end("ok")
    },
  })
  const open = connect(Number(new URL(listener.url).port), "127.0.0.1")
  await once(open, "connect")
  const silent = fetch(`${listener.url}/silent`).then(
    () => "answered",
    () => "broken",
  )
  while (arrivals.length === 0) await fetch(listener.url)

  const broken = once(open, "close")
  listener.down(60_000)
  assert.equal(await silent, "broken")
  open.on("error", () => {})
  await broken
  assert.equal(await fetch(listener.url).catch(refusal), "ECONNREFUSED")
  now += 59_999
  assert.equal(await fetch(listener.url).catch(refusal), "ECONNREFUSED")
  now += 1
  assert.equal(await firstAnswer(listener.url), 200)
  await listener.close()
})

test("a second outage in the first one lengthens it, never shortens it", async () => {
  let now = 0
  const listener = await listenWithOutages({ nowMs: () => now, handle: (_, response) => response.end() })
  listener.down(1_000)
  listener.down(10)
  now = 999
  assert.equal(await fetch(listener.url).catch(refusal), "ECONNREFUSED")
  now = 1_000
  assert.equal(await firstAnswer(listener.url), 200)
  await listener.close()
})

test("a taken port is refused at the start", async () => {
  const first = await listenWithOutages({ nowMs: () => 0, handle: (_, response) => response.end() })
  const port = Number(new URL(first.url).port)
  await assert.rejects(listenWithOutages({ nowMs: () => 0, port, handle: () => {} }), { code: "EADDRINUSE" })
  await first.close()
})
