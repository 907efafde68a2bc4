/** How this page calls the platform: same origin only, JSON, and a word about what went wrong instead of an exception. */
import { language } from "./language.ts"
import { watchedValue } from "./watched-value.ts"

/** The page's helpers answer within the till's own time-out of 15 s. */
const TIMEOUT_MS = 20_000

export type Trouble = { kind: "gone" } | { kind: "starting" } | { kind: "refused"; why: string }
export type Called<T> = { ok: true; value: T } | { ok: false; status?: number; code?: string; why: string }

/** What keeps the page from working at all; undefined while the platform answers. */
export const trouble = watchedValue<Trouble | undefined>(undefined)

export type CallOptions = { body?: unknown; token?: string }

export async function call<T>(
  method: "GET" | "POST",
  path: string,
  options: CallOptions = {},
): Promise<Called<T>> {
  let response: Response
  let value: unknown
  try {
    response = await fetch(path, {
      method,
      headers: {
        "Accept-Language": language.get(),
        ...(options.body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(options.token ? { Authorization: `Bearer ${options.token}` } : {}),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    value = await response.json()
  } catch (fault) {
    report({ kind: "gone" })
    return { ok: false, why: fault instanceof Error ? fault.message : String(fault) }
  }
  const { code, message } = (value ?? {}) as { code?: string; message?: string }
  if (response.ok) report(undefined)
  else if (response.status === 503 && code === undefined) report({ kind: "starting" })
  else if (response.status === 403 && code === undefined) report({ kind: "refused", why: message ?? "403" })
  else report(undefined)
  return response.ok
    ? { ok: true, value: value as T }
    : { ok: false, status: response.status, code, why: message ?? String(response.status) }
}

function report(found: Trouble | undefined): void {
  if (JSON.stringify(found) !== JSON.stringify(trouble.get())) trouble.set(found)
}
