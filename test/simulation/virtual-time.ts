import type { Clock } from "../../usecases/ports.ts"

/** Simulated time: it stands still while anything can go on, then jumps to the next thing that is due. */
export type VirtualTime = Clock & {
  /** Does this after so many milliseconds. */
  after(delayMs: number, task: () => void): void
  /** Goes on until nothing is due any more, or until that moment of monotonic time. */
  run(untilMs?: number): Promise<void>
  /** Things done so far. */
  readonly events: number
}

type Due = { atMs: number; task: () => void }

export function virtualTime(startMs: number): VirtualTime {
  const queue: Due[] = []
  let nowMs = 0
  let events = 0
  const after = (delayMs: number, task: () => void): Due => {
    const due = { atMs: nowMs + Math.max(0, delayMs), task }
    queue.splice(placeOf(queue, due.atMs), 0, due)
    return due
  }
  return {
    nowMs: () => startMs + Math.floor(nowMs),
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const due = after(ms, resolve)
        const wake = () => {
          const place = queue.indexOf(due)
          if (place >= 0) queue.splice(place, 1)
          reject(signal?.reason)
        }
        signal?.addEventListener("abort", wake, { once: true })
      }),
    after: (delayMs, task) => void after(delayMs, task),
    async run(untilMs = Number.POSITIVE_INFINITY) {
      await settled()
      for (;;) {
        if ((queue.at(-1)?.atMs ?? Number.POSITIVE_INFINITY) > untilMs) return
        const due = queue.pop()
        if (!due) return
        nowMs = due.atMs
        events++
        due.task()
        await settled()
      }
    },
    get events() {
      return events
    },
  }
}

/** The queue is kept latest first, so that the next thing is taken off its end; what is due together stays in order. */
function placeOf(queue: readonly Due[], atMs: number): number {
  let low = 0
  let high = queue.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((queue[middle]?.atMs ?? 0) > atMs) low = middle + 1
    else high = middle
  }
  return low
}

/** Everything that can go on without time passing has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
