import assert from "node:assert/strict"
import { test } from "node:test"
import { memoryEndpointPace } from "../test/simulation/memory-notifications.ts"
import { endpointPace } from "./endpoint-pace.ts"

const SHOP = { merchantId: "M1", host: "shop.example" }
const NOW_MS = 1_000_000

test("of an unknown endpoint one attempt goes first, the others wait until it is known", async () => {
  const pace = endpointPace(memoryEndpointPace())
  assert.deepEqual([await pace.mayGoFirst(SHOP, NOW_MS), await pace.mayGoFirst(SHOP, NOW_MS)], [true, false])
  await pace.note(SHOP, 200, NOW_MS + 200)
  assert.equal(await pace.mayGoFirst(SHOP, NOW_MS + 200), true)
})

test("a slow endpoint goes first nowhere for a minute, then once to find out", async () => {
  const store = memoryEndpointPace()
  const [one, other] = [endpointPace(store), endpointPace(store)]
  await one.note(SHOP, 5_000, NOW_MS)
  assert.equal(await other.mayGoFirst(SHOP, NOW_MS + 59_999), false)
  assert.deepEqual(
    [await one.mayGoFirst(SHOP, NOW_MS + 60_000), await other.mayGoFirst(SHOP, NOW_MS + 60_000)],
    [true, false],
  )
})

test("whoever says anything within a second is quick, also to functions that never asked", async () => {
  const store = memoryEndpointPace()
  await endpointPace(store).note(SHOP, 999, NOW_MS)
  const other = endpointPace(store)
  for (let ask = 0; ask < 5; ask++) assert.equal(await other.mayGoFirst(SHOP, NOW_MS + ask), true)
})

test("a quick endpoint is asked about once a minute, and written of once in a while", async () => {
  let calls = 0
  const store = memoryEndpointPace()
  const counted = {
    probe: (...it: Parameters<typeof store.probe>) => {
      calls += 1
      return store.probe(...it)
    },
    setQuick: (...it: Parameters<typeof store.setQuick>) => {
      calls += 1
      return store.setQuick(...it)
    },
    setSlow: store.setSlow,
  }
  const pace = endpointPace(counted)
  for (let ms = 0; ms < 60_000; ms += 100) {
    await pace.mayGoFirst(SHOP, NOW_MS + ms)
    await pace.note(SHOP, 50, NOW_MS + ms)
  }
  assert.equal(calls, 2)
})

test("where it cannot be noted, nothing fails", async () => {
  const store = memoryEndpointPace()
  const broken = { ...store, setSlow: () => Promise.reject(new Error("down")) }
  await endpointPace(broken).note(SHOP, 5_000, NOW_MS)
})
