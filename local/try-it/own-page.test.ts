import assert from "node:assert/strict"
import { test } from "node:test"
import { refusedCaller, refusedHost } from "./own-page.ts"

const HOST = "127.0.0.1:8787"

test("programs without an Origin are answered, and so is the platform's own page", () => {
  assert.equal(refusedCaller({ host: HOST }), undefined)
  assert.equal(
    refusedCaller({ host: HOST, origin: `http://${HOST}`, "sec-fetch-site": "same-origin" }),
    undefined,
  )
  assert.equal(refusedCaller({ host: "localhost:8787", origin: "http://localhost:8787" }), undefined)
  assert.equal(refusedCaller({ host: "[::1]:8787", "sec-fetch-site": "none" }), undefined)
})

test("a page of another origin is refused", () => {
  for (const origin of ["http://evil.test", "http://127.0.0.1:9999", "https://127.0.0.1:8787", "null"]) {
    assert.ok(refusedCaller({ host: HOST, origin }), origin)
  }
  for (const site of ["cross-site", "same-site"]) {
    assert.ok(refusedCaller({ host: HOST, "sec-fetch-site": site }), site)
  }
})

test("a name that was made to point here is refused, the page included", () => {
  for (const host of ["evil.test:8787", "127.0.0.1.evil.test", "localhost.evil.test:8787", undefined]) {
    assert.ok(refusedHost({ host }), host)
    assert.ok(refusedCaller({ host, origin: `http://${host}` }), host)
  }
})
