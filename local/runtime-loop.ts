/**
 * A function's process: loads the bundle and serves one invocation after the other over Lambda's Runtime API
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). Lambda's own client for Node builds native code when it
 * is installed, which not every machine can.
 */
import { existsSync } from "node:fs"
import { Agent, type IncomingHttpHeaders, request } from "node:http"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { CLOCK_OFFSET_HEADER } from "./clock-message.ts"
import { shiftClock } from "./shift-clock.ts"

type Handler = (event: unknown, context: object) => unknown
type Answer = { headers: IncomingHttpHeaders; body: string }

const env = process.env
const runtimeApi = `http://${env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`
const agent = new Agent({ keepAlive: true })

// Ctrl-C reaches the whole process group; the parent ends this process when the calls in flight are done.
process.on("SIGINT", () => {})
process.on("SIGTERM", () => {})
// Not before what was said is written: only a write's own end tells that those before it are out.
process.on("disconnect", () => process.stdout.write("", () => process.stderr.write("", () => process.exit())))

const handler = await loadHandler()
for (;;) await serve(await call("GET", "/invocation/next"))

async function loadHandler(): Promise<Handler> {
  try {
    const [file = "", name = ""] = (env._HANDLER ?? "").split(".")
    const base = join(env.LAMBDA_TASK_ROOT ?? ".", file)
    const path = [".mjs", ".js", ".cjs"]
      .map((extension) => base + extension)
      .find((candidate) => existsSync(candidate))
    if (!path) throw new Error(`Cannot find module '${file}'`)
    const loaded = ((await import(pathToFileURL(path).href)) as Record<string, unknown>)[name]
    if (typeof loaded !== "function") throw new Error(`${file}.${name} is undefined or not exported`)
    return loaded as Handler
  } catch (fault) {
    console.error(fault)
    await call("POST", "/init/error", describe(fault))
    process.exit(1)
  }
}

async function serve({ headers, body }: Answer): Promise<void> {
  const id = String(headers["lambda-runtime-aws-request-id"])
  shiftClock(Number(headers[CLOCK_OFFSET_HEADER]))
  let result: unknown
  try {
    result = await handler(JSON.parse(body), contextOf(id, headers))
  } catch (fault) {
    console.error(fault)
    await call("POST", `/invocation/${id}/error`, describe(fault))
    return
  }
  await call("POST", `/invocation/${id}/response`, JSON.stringify(result ?? null))
}

function contextOf(awsRequestId: string, headers: IncomingHttpHeaders) {
  // Counted on the monotonic clock: the platform's may be moved while the function works.
  const leftMs = Number(headers["lambda-runtime-deadline-ms"]) - Date.now()
  const startedMs = performance.now()
  return {
    awsRequestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(leftMs - (performance.now() - startedMs))),
  }
}

function describe(fault: unknown): string {
  if (!(fault instanceof Error))
    return JSON.stringify({ errorType: typeof fault, errorMessage: String(fault), trace: [] })
  return JSON.stringify({
    errorType: fault.name,
    errorMessage: fault.message,
    trace: fault.stack?.split("\n") ?? [],
  })
}

function call(method: "GET" | "POST", path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-length": Buffer.byteLength(body) }
    const sent = request(runtimeApi + path, { method, agent, headers }, async (response) => {
      const chunks: Buffer[] = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("error", reject)
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }))
    })
    sent.on("error", reject)
    sent.end(body)
  })
}
