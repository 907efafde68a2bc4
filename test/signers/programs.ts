/** The hand-written examples of docs/merchants/, and whether this machine can run them. */
import { execFile, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"

const FOLDER = join(import.meta.dirname, "../../docs/merchants")

// UTF-8 for Java before 18, which reads its arguments by the locale; no other Go than the one that is here.
const ENVIRONMENT = { ...process.env, LC_ALL: "C.UTF-8", GOTOOLCHAIN: "local", GO111MODULE: "off" }

export type Example = {
  language: string
  /** Below docs/merchants/. */
  file: string
  command: readonly [string, ...string[]]
  /** Why it cannot run here, or false: what `skip` of a test takes. */
  skip: string | false
}

/** Their arguments: merchant's folder, path, body. */
export const SIGNERS: readonly Example[] = [
  example("bash", "sign.sh", ["bash"], bashMissing()),
  example("Node", "signers/sign.mjs", [process.execPath], false),
  example("Python", "signers/sign.py", ["python3"], pythonMissing()),
  example("Java", "signers/Sign.java", ["java"], javaMissing()),
  example("Go", "signers/sign.go", ["go", "run"], goMissing()),
  example("PHP", "signers/sign.php", ["php"], phpMissing()),
  example("C#", "signers/sign.cs", ["dotnet", "run"], dotnetMissing(), ["--"]),
]

/** Their arguments: merchant's folder, path, the call's Signature; the answer on standard input. */
export const VERIFIERS: readonly Example[] = [
  example("Python", "signers/verify.py", ["python3"], pythonMissing()),
  example("Java", "signers/Verify.java", ["java"], javaMissing()),
  example("Go", "signers/verify.go", ["go", "run"], goMissing()),
]

function example(
  language: string,
  file: string,
  [program, ...options]: [string, ...string[]],
  skip: string | false,
  last: string[] = [],
): Example {
  return { language, file, command: [program, ...options, join(FOLDER, file), ...last], skip }
}

/** What a signer printed: the status, in its first line, and the body, its last one. */
export async function runSigner({ command }: Example, folder: string, path: string, body: string) {
  const [program, ...options] = command
  const env = { ...ENVIRONMENT, HEADERS: "1" }
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(program, [...options, folder, path, body], { env }, (error, out) =>
      error ? reject(error) : resolve(out),
    )
  })
  const lines = stdout.trimEnd().split("\n")
  return { status: Number(/\b\d{3}\b/.exec(lines[0] ?? "")?.[0]), body: lines.at(-1) ?? "" }
}

/** Whether a verifier believes the answer, and what it says on stderr. */
export async function runVerifier(
  { command }: Example,
  [folder, path, callSignature]: [string, string, string],
  answer: Buffer,
): Promise<{ believed: boolean; stderr: string }> {
  const [program, ...options] = command
  const child = spawn(program, [...options, folder, path, callSignature], { env: ENVIRONMENT })
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text
  })
  child.stdin.on("error", () => {}).end(answer)
  const [code] = await once(child, "close")
  return { believed: code === 0, stderr }
}

/** What `program` prints, or undefined where it is not there or fails. */
function printed(program: string, ...options: string[]): string | undefined {
  const { error, status, stdout, stderr } = spawnSync(program, options, {
    encoding: "utf8",
    env: ENVIRONMENT,
  })
  return error || status !== 0 ? undefined : `${stdout}${stderr}`
}

function missingUnless(found: boolean, what: string): string | false {
  return found ? false : `this machine has no ${what}`
}

function bashMissing() {
  const tools = [printed("bash", "--version"), printed("openssl", "version"), printed("curl", "--version")]
  return missingUnless(!tools.includes(undefined), "bash, openssl and curl")
}

function pythonMissing() {
  const script = "import sys, cryptography; sys.exit(sys.version_info < (3, 9))"
  return missingUnless(printed("python3", "-c", script) !== undefined, "Python 3.9 with cryptography")
}

function javaMissing() {
  const major = Number(/version "(\d+)/.exec(printed("java", "-version") ?? "")?.[1])
  return missingUnless(major >= 11, "Java 11")
}

function goMissing() {
  const minor = Number(/go1\.(\d+)/.exec(printed("go", "version") ?? "")?.[1])
  return missingUnless(minor >= 25, "Go 1.25")
}

function phpMissing() {
  const script = "exit(PHP_VERSION_ID >= 80000 && extension_loaded('openssl') ? 0 : 1);"
  return missingUnless(printed("php", "-r", script) !== undefined, "PHP 8 with openssl")
}

function dotnetMissing() {
  return missingUnless(Number.parseInt(printed("dotnet", "--version") ?? "", 10) >= 10, ".NET 10")
}
