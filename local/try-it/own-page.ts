/**
 * Who may use what lies under /local/. It listens on loopback, but every web page that is open in a browser on this
 * machine can send requests there too: directly (cross-site request forgery), or as if it were the page's own host, under a
 * name that it made point to 127.0.0.1 (DNS rebinding). Programs such as curl send no Origin and are let through.
 */
import type { IncomingHttpHeaders } from "node:http"

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i

/** Why it must not be answered, or undefined. A browser writes the name that the page was loaded from into Host. */
export function refusedHost({ host }: IncomingHttpHeaders): string | undefined {
  if (host !== undefined && LOOPBACK_HOST.test(host)) return undefined
  return "only 127.0.0.1 or localhost is answered here"
}

/** As `refusedHost`, and for what acts: a page of another origin must not cause it. */
export function refusedCaller(headers: IncomingHttpHeaders): string | undefined {
  const refused = refusedHost(headers)
  if (refused) return refused
  const { origin } = headers
  if (origin !== undefined && origin.toLowerCase() !== `http://${headers.host}`.toLowerCase()) {
    return "only the platform's own page may call this from a browser"
  }
  // Browsers leave Origin out of plain GETs, but not this one. "none": typed into the address bar.
  const site = headers["sec-fetch-site"]
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    return "only the platform's own page may call this from a browser"
  }
  return undefined
}
