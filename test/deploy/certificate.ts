import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as tls from "node:tls"
import type { ChildProcesses } from "./child-processes.ts"
import { MissingPart } from "./missing-part.ts"

/** Of 127.0.0.1, vouched for by itself, for a day. */
export type Certificate = { certFile: string; cert: string; key: string }

/** Makes one with openssl. Throws a MissingPart where there is none. */
export async function makeCertificate(children: ChildProcesses, folder: string): Promise<Certificate> {
  mkdirSync(folder, { recursive: true })
  const certFile = join(folder, "certificate.pem")
  const keyFile = join(folder, "key.pem")
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
  const files = ["-out", certFile, "-keyout", keyFile]
  const { code, said } = await children
    .run("openssl", ["req", ...kind, ...subject, ...files])
    .catch(() => ({ code: null, said: "there is no openssl" }))
  if (code !== 0) throw new MissingPart(`no certificate can be made: ${said.trim().split("\n").at(-1)}`)
  return { certFile, cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") }
}

/** Has this process believe it; others are told by NODE_EXTRA_CA_CERTS. Throws a MissingPart where Node cannot. */
export function trust({ cert }: Certificate): void {
  if (!("setDefaultCACertificates" in tls)) {
    throw new MissingPart(`Node 24.5 or later is needed, this is ${process.versions.node}`)
  }
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), cert])
}
