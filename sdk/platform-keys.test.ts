import assert from "node:assert/strict"
import { generateKeyPairSync, type KeyObject } from "node:crypto"
import { test } from "node:test"
import { signAnswer } from "../http/answer-signature.ts"
import { type FetchKeyList, PlatformKeys } from "./platform-keys.ts"

const pair = () => generateKeyPairSync("rsa", { modulusLength: 2048 })
const root = pair()
const keys = { K1: pair().publicKey, K2: pair().publicKey, K3: pair().publicKey }
type KeyId = keyof typeof keys

const jwk = (kid: KeyId) => ({ ...keys[kid].export({ format: "jwk" }), kid })
const REQUEST = { method: "GET", targetUri: "https://pay.example.com/metro/payment/v1/keys" }
const HOUR_MS = 3_600_000
const signal = AbortSignal.timeout(60_000)

/** A client's keys, which began with K1, and a platform whose list holds what the test says. */
function setUp({ listed, signedBy = root.privateKey }: { listed: KeyId[]; signedBy?: KeyObject }) {
  const platform = { listed, down: false, looks: 0, nowMs: Date.parse("2026-05-01T00:00:00Z") }
  const fetchList: FetchKeyList = async () => {
    platform.looks += 1
    if (platform.down) throw new Error("down")
    const body = Buffer.from(JSON.stringify({ keys: platform.listed.map(jwk) }))
    const by = { keyId: "root", privateKey: signedBy }
    const headers = signAnswer({ status: 200, body }, REQUEST, by, platform.nowMs)
    const lowerCase = Object.fromEntries(
      Object.entries(headers).map(([name, it]) => [name.toLowerCase(), it]),
    )
    return { answer: { status: 200, headers: lowerCase, body }, request: REQUEST }
  }
  const client = new PlatformKeys({ keys: [jwk("K1")] }, root.publicKey, fetchList)
  const knows = async (keyId: string) => (await client.find(keyId, platform.nowMs, signal)) !== undefined
  return { platform, knows, client }
}

test("an unknown key is looked for at once, and all who ask meanwhile share the look", async () => {
  const { platform, knows } = setUp({ listed: ["K1", "K2"] })
  assert.deepEqual(await Promise.all([knows("K2"), knows("K2"), knows("K3")]), [true, true, false])
  assert.equal(platform.looks, 1)
})

test("ids that nobody has make it look once a minute, however many answers carry them", async () => {
  const { platform, knows } = setUp({ listed: ["K1"] })
  for (let second = 0; second < 180; second++) {
    assert.equal(await knows(`made up ${second}`), false)
    platform.nowMs += 1_000
  }
  assert.equal(platform.looks, 3)
  platform.listed = ["K1", "K2"]
  assert.equal(await knows("K2"), true)
})

test("a look that failed is made again a second later", async () => {
  const { platform, knows } = setUp({ listed: ["K1", "K2"] })
  platform.down = true
  assert.deepEqual([await knows("K2"), await knows("K2")], [false, false])
  assert.equal(platform.looks, 1)
  platform.down = false
  platform.nowMs += 1_000
  assert.equal(await knows("K2"), true)
})

test("a key that was taken out of the list is believed for an hour at most, and no call waits for that", async () => {
  const { platform, knows } = setUp({ listed: ["K2"] })
  assert.equal(await knows("K1"), true)
  platform.nowMs += HOUR_MS - 1
  assert.equal(await knows("K1"), true)
  assert.equal(platform.looks, 0)
  platform.nowMs += 1
  assert.equal(await knows("K1"), true, "the look is beside the call")
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(await knows("K1"), false)
  assert.equal(platform.looks, 1)
})

test("while the list cannot be had, the keys stay believed", async () => {
  const { platform, knows } = setUp({ listed: ["K2"] })
  await knows("K1")
  platform.down = true
  platform.nowMs += 5 * HOUR_MS
  for (let call = 0; call < 3; call++) {
    assert.equal(await knows("K1"), true)
    platform.nowMs += 1_000
  }
  assert.ok(platform.looks >= 1)
})

test("a list that the root key did not sign changes nothing", async () => {
  const { platform, knows } = setUp({ listed: ["K2"], signedBy: pair().privateKey })
  assert.equal(await knows("K2"), false)
  platform.nowMs += 2 * HOUR_MS
  await knows("K1")
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(await knows("K1"), true)
})

test("a look that hangs holds up its caller no longer than the caller waits", async () => {
  const hanging = new PlatformKeys({ keys: [jwk("K1")] }, root.publicKey, () => new Promise(() => {}))
  assert.equal(await hanging.find("K2", 0, AbortSignal.timeout(1)), undefined)
  assert.notEqual(await hanging.find("K1", 0, signal), undefined)
})
