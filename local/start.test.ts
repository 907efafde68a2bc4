import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { after, test } from "node:test"
import { javaVersion } from "./java.ts"
import { StartFault } from "./start-fault.ts"
import { openStateFolder } from "./state-folder.ts"
import { synthesize } from "./synth.ts"

const dir = mkdtempSync(join(tmpdir(), "start-"))
after(() => rmSync(dir, { recursive: true }))

const environment = { PATH: process.env.PATH ?? "" }

function start(args: string[], env: NodeJS.ProcessEnv = environment): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, "start.ts"), ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  })
}

/** How a start ended and what it said on stderr. */
async function fails(args: string[], env?: NodeJS.ProcessEnv): Promise<{ code: number; said: string }> {
  const child = start(args, env)
  const said = child.stderr?.toArray()
  child.stdout?.resume()
  const [code] = await once(child, "exit")
  return { code, said: Buffer.concat((await said) ?? []).toString() }
}

function folder(name: string): string {
  const made = join(dir, name)
  mkdirSync(made)
  return made
}

/** A folder with a `java` that says it is that version. */
function javaThatIs(version: string): string {
  const bin = folder(`java-${version}`)
  writeFileSync(join(bin, "java"), `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`, { mode: 0o755 })
  return bin
}

const data = () => ["--data", mkdtempSync(join(dir, "data-"))]
const foreign = folder("foreign")
writeFileSync(join(foreign, "letter.txt"), "mine")
const damaged = folder("damaged")
writeFileSync(join(damaged, "clock.json"), "{")

const refusals: [string, () => [string[], NodeJS.ProcessEnv?], RegExp][] = [
  ["an unknown option", () => [["--prot", "1"]], /'--prot'; --help lists the options/],
  ["an argument too many", () => [["now"]], /'now'/],
  ["a port that is none", () => [["--port", "http"]], /"http" is no port/],
  ["a port out of range", () => [[], { ...environment, PORT: "65536" }], /"65536" is no port/],
  ["no Java", () => [["--port=0", ...data()], { PATH: folder("no-java") }], /Java 17 or newer is needed/],
  ["an old Java", () => [["--port=0", ...data()], { PATH: javaThatIs("11.0.2") }], /Java 17 .* java is 11/],
  [
    "a state folder that is a file",
    () => [["--port=0", "--data", import.meta.filename]],
    /state folder .* it is no folder/,
  ],
  ["a damaged clock", () => [["--port=0", "--data", damaged]], /clock.json is damaged/],
  [
    "a foreign folder to be emptied",
    () => [["--port=0", "--reset", "--data", foreign]],
    /was not made by a platform/,
  ],
]

for (const [what, given, says] of refusals) {
  test(`${what} is one clear line and status 1`, async () => {
    const { code, said } = await fails(...given())
    assert.equal(code, 1)
    assert.match(said, /^metro-pay: [^\n]+\n$/)
    assert.match(said, says)
  })
}

test("a foreign folder keeps its files", () => {
  assert.equal(readFileSync(join(foreign, "letter.txt"), "utf8"), "mine")
})

test("a port in use is one clear line and status 1", async () => {
  const holder = createServer().listen(0, "127.0.0.1")
  await once(holder, "listening")
  const { port } = holder.address() as AddressInfo
  const { code, said } = await fails([`--port=${port}`, ...data()])
  holder.close()
  assert.equal(code, 1)
  assert.equal(said, `metro-pay: port ${port} is in use: give another with --port\n`)
})

test("a state folder in use is refused by name of its user, and free again afterwards", async () => {
  const taken = folder("taken")
  const held = openStateFolder(taken, { reset: false })
  const { code, said } = await fails(["--port=0", "--data", taken])
  assert.equal(code, 1)
  assert.match(said, new RegExp(`used by another running platform \\(process ${process.pid}\\)\\n$`))
  held.release()
  openStateFolder(taken, { reset: true }).release()
})

test("a failing synthesis tells the cause and where the rest stands", async () => {
  const state = folder("unsynthesized")
  const settings = {
    publicUrl: "http://127.0.0.1:1",
    token: { issuer: "i", audience: "a", jwksUrl: "http://127.0.0.1:1/jwks" },
    channelUrls: { wechat: "http://127.0.0.1:2" },
    speed: 1000,
  }
  await assert.rejects(synthesize(state, settings), (fault) => {
    assert.ok(fault instanceof StartFault)
    assert.match(fault.message, /^the templates could not be made: settings .* speed: .* \(all of it in /)
    return true
  })
  assert.match(readFileSync(join(state, "logs", "synth.log"), "utf8"), /speed: /)
})

test("reads the version of any Java", () => {
  assert.equal(javaVersion('openjdk version "17.0.15" 2025-04-15'), 17)
  assert.equal(javaVersion('java version "1.8.0_392"'), 8)
  assert.equal(javaVersion('openjdk version "21" 2023-09-19'), 21)
  assert.equal(javaVersion("command not found"), undefined)
})

/** The address that a start says it is ready at. */
async function ready(child: ChildProcess): Promise<string> {
  const lines: string[] = []
  if (!child.stdout) throw new Error("no output")
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    const url = /^ready (http:\/\/127\.0\.0\.1:\d+)$/.exec(line)?.[1]
    if (url) return url
  }
  return assert.fail(`not ready: ${lines.join(" | ")}`)
}

test("starts, carries on after kill -9 with its data and its clock, and stops cleanly", async () => {
  const state = join(dir, "whole")
  const first = start(["--port=0", "--data", state])
  const url = await ready(first)
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
  assert.equal((await fetch(`${url}/metro/payment/v1/keys`)).status, 200)
  const body = JSON.stringify({ advance_ms: 3_600_000 })
  const moved = (await (await fetch(`${url}/local/clock`, { method: "POST", body })).json()) as {
    now: string
  }
  assert.ok(Date.parse(moved.now) >= Date.now() + 3_500_000)
  const key = readFileSync(join(state, "demo", "M10001", "private_key.pem"), "utf8")
  first.kill("SIGKILL")
  await once(first, "exit")

  const second = start(["--port=0", "--data", state])
  const again = await ready(second)
  const keys = await fetch(`${again}/metro/payment/v1/keys`)
  assert.equal(keys.status, 200)
  assert.ok(Date.parse(keys.headers.get("date") ?? "") >= Date.now() + 3_500_000)
  assert.equal(readFileSync(join(state, "demo", "M10001", "private_key.pem"), "utf8"), key)
  second.kill("SIGTERM")
  assert.deepEqual(await once(second, "exit"), [0, null])
})

test("stops when npm, which started it by way of a shell, is killed", async () => {
  const command = `"${process.execPath}" "${join(import.meta.dirname, "start.ts")}" --port=0 --data "${join(dir, "npm")}"; true`
  const launcher = `
    const { spawn } = require("node:child_process")
    spawn("sh", ["-c", ${JSON.stringify(command)}], { stdio: "inherit" })`
  const npm = spawn(process.execPath, ["-e", launcher], {
    env: { ...environment, npm_lifecycle_event: "start" },
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = once(npm.stdout, "close")
  await ready(npm)
  npm.kill("SIGKILL")
  // The pipe closes with the last process that holds it.
  await ended
})
