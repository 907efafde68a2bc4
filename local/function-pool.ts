import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes, randomUUID } from "node:crypto"
import { once } from "node:events"
import { join } from "node:path"
import type { FunctionDefinition } from "./blueprint.ts"
import type { PlatformClock } from "./clock.ts"
import { CLOCK_OFFSET_HEADER, CLOCK_OFFSET_VARIABLE, type ClockMessage } from "./clock-message.ts"
import type { LogFile } from "./log-file.ts"
import type { Invocation, RuntimeApi } from "./runtime-api.ts"

/** What became of an invocation. `payload` is the function's answer in JSON. */
export type InvocationOutcome =
  | { kind: "answered"; payload: string }
  | {
      kind: "failed"
      why: "error" | "timeout" | "crash" | "init" | "closed"
      errorType: string
      errorMessage: string
    }

export type FunctionSurroundings = {
  runtimeApi: RuntimeApi
  clock: PlatformClock
  log: LogFile
  /** Region, credentials, endpoints: what the function's process has beside the template's variables. */
  environment: Record<string, string>
}

/** As many environments of a function as one machine will bear; further calls wait. */
const MAX_PROCESSES = 32
/** Starting costs a core some 200 ms: more at a time would only take it from the calls. */
const MAX_STARTING = 2
/**
 * While calls come to an end, the machine is at work and further processes would only slow it down; when none does for so
 * long, those there are wait for somebody else. Two cores are kept busy by the first few.
 */
const STUCK_AFTER_MS = 100
const ALWAYS_USEFUL = 3
const IDLE_MS = 5 * 60_000
/** Lambda gives 10 s; a loaded machine of two cores is slower. */
const INIT_WITHIN_MS = 30_000
const END_WITHIN_MS = 2_000

type Call = { requestId: string; payload: string; settle(outcome: InvocationOutcome): void }
type Worker = {
  child: ChildProcess
  state: "starting" | "failed" | "idle" | "busy" | "ended"
  /** Hands over work; there while idle. */
  give?: (invocation: Invocation) => void
  call?: Call
  /** Of the time-out of what it is doing. */
  timer?: NodeJS.Timeout
}

/** Runs one function in processes of its own: one invocation at a time each, started on demand, replaced when they die. */
export class FunctionPool {
  readonly definition: FunctionDefinition
  readonly #surroundings: FunctionSurroundings
  readonly #waiting: Call[] = []
  readonly #workers = new Set<Worker>()
  /** The last used one last: it is taken first, so that the others get old and end. */
  readonly #idle: Worker[] = []
  /** Looks again while calls wait. */
  #stuck: NodeJS.Timeout | undefined
  /** When a call last came to an end. */
  #settledAtMs = 0
  #closed = false

  constructor(definition: FunctionDefinition, surroundings: FunctionSurroundings) {
    this.definition = definition
    this.#surroundings = surroundings
  }

  /** Invokes the function with that event in JSON. Never throws; waits for a free process as long as it takes. */
  invoke(payload: string, requestId: string = randomUUID()): Promise<InvocationOutcome> {
    if (this.#closed) return Promise.resolve(failure("closed", "Closed", "The platform is stopping"))
    return new Promise((settle) => {
      this.#waiting.push({ requestId, payload, settle })
      this.#dispatch()
    })
  }

  /** How many processes there are now. */
  get processes(): number {
    return this.#workers.size
  }

  /** Ends all processes; calls that were not finished fail. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#stuck)
    for (const call of this.#waiting.splice(0))
      call.settle(failure("closed", "Closed", "The platform is stopping"))
    await Promise.all([...this.#workers].map((worker) => this.#end(worker)))
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop()
      if (!worker) break
      this.#handOver(worker, this.#waiting.shift() as Call)
    }
    if (this.#waiting.length === 0) {
      clearTimeout(this.#stuck)
      this.#stuck = undefined
      return
    }
    let starting = [...this.#workers].filter(({ state }) => state === "starting").length
    while (this.#waiting.length > starting && starting < MAX_STARTING && this.#mayGrow()) {
      this.#start()
      starting += 1
    }
    this.#stuck ??= setTimeout(() => {
      this.#stuck = undefined
      this.#dispatch()
    }, STUCK_AFTER_MS)
  }

  #mayGrow(): boolean {
    const { size } = this.#workers
    if (size >= MAX_PROCESSES) return false
    return size < ALWAYS_USEFUL || performance.now() - this.#settledAtMs >= STUCK_AFTER_MS
  }

  #handOver(worker: Worker, call: Call): void {
    const { clock } = this.#surroundings
    const { arn, timeoutMs } = this.definition
    worker.state = "busy"
    worker.call = call
    this.#timer(worker, timeoutMs, () => this.#timedOut(worker, call))
    const headers = {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": call.requestId,
      "lambda-runtime-deadline-ms": String(clock.nowMs() + timeoutMs),
      "lambda-runtime-invoked-function-arn": arn,
      "lambda-runtime-trace-id": `Root=${traceRoot(clock.nowMs())};Parent=${randomBytes(8).toString("hex")};Sampled=0`,
      [CLOCK_OFFSET_HEADER]: String(clock.offsetMs()),
    }
    worker.give?.({ headers, payload: call.payload })
    worker.give = undefined
  }

  #timedOut(worker: Worker, call: Call): void {
    const { timeoutMs } = this.definition
    const message = `${call.requestId} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`
    this.#surroundings.log.line(JSON.stringify({ type: "platform.runtimeDone", status: "timeout", message }))
    this.#settle(worker, failure("timeout", "Sandbox.Timedout", message))
    worker.child.kill("SIGKILL")
  }

  #start(): void {
    const { runtimeApi, log, clock } = this.#surroundings
    const admission = runtimeApi.admit({
      next: (give) => this.#ready(worker, give),
      response: (requestId, payload) => this.#answered(worker, requestId, { kind: "answered", payload }),
      error: (requestId, description) => this.#answered(worker, requestId, failureOf("error", description)),
      initError: (description) => this.#notLoaded(worker, failureOf("init", description)),
    })
    const child = spawn(process.execPath, this.#arguments(), {
      cwd: this.definition.codeDir,
      env: this.#environment(admission.address),
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    })
    const worker: Worker = { child, state: "starting" }
    this.#workers.add(worker)
    this.#timer(worker, INIT_WITHIN_MS, () => child.kill("SIGKILL"))
    const unfollow = clock.follow((clockOffsetMs) => void tellClock(child, { clockOffsetMs }))
    log.collect(child.stdout)
    log.collect(child.stderr)
    child.once("error", () => child.emit("exit", null, null))
    child.once("exit", (code, signal) => {
      unfollow()
      admission.dismiss()
      this.#ended(worker, signal ?? `exit status ${code}`)
    })
  }

  #arguments(): string[] {
    // Most of a function's memory is its heap; what is left over is the process itself.
    const heapMb = Math.floor(this.definition.memoryMb * 0.8)
    return [`--max-old-space-size=${heapMb}`, join(import.meta.dirname, "runtime-loop.ts")]
  }

  #environment(runtimeApi: string): Record<string, string> {
    const { name, handler, memoryMb, codeDir, environment } = this.definition
    return {
      PATH: process.env.PATH ?? "",
      TZ: ":UTC",
      ...environment,
      ...this.#surroundings.environment,
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: codeDir,
      AWS_LAMBDA_RUNTIME_API: runtimeApi,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: "local",
      [CLOCK_OFFSET_VARIABLE]: String(this.#surroundings.clock.offsetMs()),
    }
  }

  #ready(worker: Worker, give: (invocation: Invocation) => void): void {
    if (worker.state === "ended") return
    worker.state = "idle"
    worker.give = give
    this.#timer(worker, IDLE_MS, () => void this.#end(worker))
    worker.timer?.unref()
    this.#idle.push(worker)
    this.#dispatch()
  }

  #answered(worker: Worker, requestId: string, outcome: InvocationOutcome): void {
    if (worker.call?.requestId === requestId) this.#settle(worker, outcome)
  }

  #settle(worker: Worker, outcome: InvocationOutcome): void {
    clearTimeout(worker.timer)
    this.#settledAtMs = performance.now()
    worker.call?.settle(outcome)
    worker.call = undefined
  }

  /** A function that cannot start fails a call each time, else the same start would be tried for ever. */
  #notLoaded(worker: Worker, outcome: InvocationOutcome): void {
    if (worker.state !== "starting") return
    worker.state = "failed"
    if (!this.#closed) this.#waiting.shift()?.settle(outcome)
  }

  #ended(worker: Worker, how: string): void {
    if (worker.state === "ended") return
    const outcome = failure("crash", "Runtime.ExitError", `Runtime exited: ${how}`)
    this.#notLoaded(worker, outcome)
    worker.state = "ended"
    this.#workers.delete(worker)
    const at = this.#idle.indexOf(worker)
    if (at >= 0) this.#idle.splice(at, 1)
    if (worker.call)
      this.#surroundings.log.line(
        JSON.stringify({ type: "platform.runtimeDone", status: "crash", message: how }),
      )
    this.#settle(worker, outcome)
    if (!this.#closed) this.#dispatch()
  }

  async #end(worker: Worker): Promise<void> {
    const at = this.#idle.indexOf(worker)
    if (at >= 0) this.#idle.splice(at, 1)
    const { child } = worker
    if (worker.state === "ended") return
    // Not "close": that is never told of a child whose channel was closed from this side.
    const ended = [child, child.stdout, child.stderr].map(
      (part) => part && once(part, part === child ? "exit" : "close"),
    )
    // One without work writes out its log and ends by itself when the channel closes; what is busy would go on.
    const atRest = worker.state === "idle" || (worker.state === "busy" && !worker.call)
    if (atRest && child.connected) child.disconnect()
    else child.kill("SIGKILL")
    this.#timer(worker, END_WITHIN_MS, () => child.kill("SIGKILL"))
    await Promise.all(ended)
  }

  #timer(worker: Worker, ms: number, action: () => void): void {
    clearTimeout(worker.timer)
    worker.timer = setTimeout(action, ms)
  }
}

function tellClock(child: ChildProcess, message: ClockMessage): void {
  // A process that is just ending needs no clock any more.
  if (child.connected) child.send(message, () => {})
}

function failure(
  why: Extract<InvocationOutcome, { kind: "failed" }>["why"],
  errorType: string,
  errorMessage: string,
): InvocationOutcome {
  return { kind: "failed", why, errorType, errorMessage }
}

function failureOf(why: "error" | "init", description: string): InvocationOutcome {
  const { errorType, errorMessage } = JSON.parse(description) as { errorType: string; errorMessage: string }
  return failure(why, errorType, errorMessage)
}

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader */
export function traceRoot(nowMs: number): string {
  return `1-${Math.floor(nowMs / 1000).toString(16)}-${randomBytes(12).toString("hex")}`
}
