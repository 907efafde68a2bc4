import assert from "node:assert/strict"
import { test } from "node:test"
import type { CodeStore } from "../../usecases/ports.ts"
import { atOnce, claimant, fresh, NOON_MS, plain, sampleCode } from "./samples.ts"

export function codePromises(name: string, codes: () => CodeStore): void {
  test(`${name}: a code is kept once and read as it was put`, async () => {
    const code = sampleCode()
    assert.equal(await codes().put(code), true)
    assert.equal(await codes().put({ ...code, uid: "U-other" }), false)
    assert.deepEqual(plain(await codes().read(code.payId)), plain(code))
    assert.deepEqual(plain(await codes().read(code.payId, { consistent: true })), plain(code))
    assert.equal(await codes().read(fresh("P")), undefined)
  })

  test(`${name}: of 50 that claim one code for themselves one gets it`, async () => {
    const code = sampleCode()
    await codes().put(code)
    const results = await atOnce(50, () => codes().claim(code.payId, claimant(), NOON_MS))
    assert.equal(results.filter((it) => it.claimed).length, 1)
    assert.ok(results.every((it) => it.claimed || it.why === "used"))
  })

  test(`${name}: a claimed code says what it is bound to`, async () => {
    const code = sampleCode()
    await codes().put(code)
    const by = claimant()
    const bound = { ...code, owner: by.owner, tradeNo: by.tradeNo }
    const claim = await codes().claim(code.payId, by, NOON_MS)
    assert.deepEqual(plain(claim), plain({ claimed: true, code: bound }))
    assert.deepEqual(plain(await codes().read(code.payId, { consistent: true })), plain(bound))
  })

  test(`${name}: a claim of an unknown code makes no code`, async () => {
    const payId = fresh("P")
    assert.deepEqual(await codes().claim(payId, claimant(), NOON_MS), { claimed: false, why: "unknown" })
    assert.equal(await codes().read(payId, { consistent: true }), undefined)
  })

  test(`${name}: a code whose life is over is expired, one that ends a moment later is not`, async () => {
    const code = sampleCode({ expiresAtMs: NOON_MS })
    await codes().put(code)
    const by = claimant()
    assert.deepEqual(await codes().claim(code.payId, by, NOON_MS), { claimed: false, why: "expired" })
    assert.equal((await codes().claim(code.payId, by, NOON_MS - 1)).claimed, true)
  })

  test(`${name}: the owner finds its claim again after the code's life, others find it used`, async () => {
    const code = sampleCode({ expiresAtMs: NOON_MS })
    await codes().put(code)
    const by = claimant()
    await codes().claim(code.payId, by, NOON_MS - 1)
    assert.equal((await codes().claim(code.payId, claimant(by.owner), NOON_MS + 90_000)).claimed, true)
    const other = await codes().claim(code.payId, claimant(), NOON_MS + 90_000)
    assert.deepEqual(other, { claimed: false, why: "used" })
  })

  releasePromises(name, codes)
}

function releasePromises(name: string, codes: () => CodeStore): void {
  test(`${name}: a code that was let go can be claimed by another`, async () => {
    const code = sampleCode()
    await codes().put(code)
    const by = claimant()
    await codes().claim(code.payId, by, NOON_MS)
    await codes().release(code.payId, by)
    assert.deepEqual(plain(await codes().read(code.payId, { consistent: true })), plain(code))
    assert.equal((await codes().claim(code.payId, claimant(), NOON_MS)).claimed, true)
  })

  test(`${name}: a stranger lets nothing go, and an unknown code cannot be let go`, async () => {
    const code = sampleCode()
    await codes().put(code)
    const by = claimant()
    await codes().claim(code.payId, by, NOON_MS)
    await codes().release(code.payId, claimant())
    await codes().release(fresh("P"), by)
    assert.deepEqual(await codes().claim(code.payId, claimant(), NOON_MS), { claimed: false, why: "used" })
  })

  test(`${name}: a code that two attempts of one request claimed is let go by neither`, async () => {
    const code = sampleCode()
    await codes().put(code)
    const [first, second] = [claimant("twice"), claimant("twice")]
    await codes().claim(code.payId, first, NOON_MS)
    await codes().claim(code.payId, second, NOON_MS)
    await codes().release(code.payId, first)
    await codes().release(code.payId, second)
    assert.deepEqual(await codes().claim(code.payId, claimant(), NOON_MS), { claimed: false, why: "used" })
  })

  test(`${name}: letting go that is repeated does not touch a later claim of the same request`, async () => {
    const code = sampleCode()
    await codes().put(code)
    const [first, second] = [claimant("later"), claimant("later")]
    await codes().claim(code.payId, first, NOON_MS)
    await codes().release(code.payId, first)
    await codes().claim(code.payId, second, NOON_MS)
    await codes().release(code.payId, first)
    assert.deepEqual(await codes().claim(code.payId, claimant(), NOON_MS), { claimed: false, why: "used" })
  })
}
