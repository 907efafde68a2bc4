import type { FetchKeyList } from "./platform-keys.ts"

const KEY_LIST = "/metro/payment/v1/keys"

/** The platform's list of keys, to be verified by whoever asked for it. Throws where none comes. */
export async function fetchKeyList(baseUrl: string, signal: AbortSignal): ReturnType<FetchKeyList> {
  const request = { method: "GET", targetUri: baseUrl + KEY_LIST }
  // Whoever redirects is not the platform.
  const response = await fetch(request.targetUri, { redirect: "manual", signal })
  const body = Buffer.from(await response.arrayBuffer())
  return { answer: { status: response.status, headers: Object.fromEntries(response.headers), body }, request }
}
