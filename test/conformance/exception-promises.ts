import assert from "node:assert/strict"
import { test } from "node:test"
import type { ExceptionStore } from "../../usecases/ports.ts"
import { atOnce, fresh, NOON_MS, plain } from "./samples.ts"

const EVERYTHING = 100_000

export function exceptionPromises(name: string, exceptions: () => ExceptionStore): void {
  const noted = (tradeNo: string, lastTried: string) =>
    ({ tradeNo, merchantId: "M1", kind: "not final", lastTried }) as const
  const onDesk = async (tradeNo: string) =>
    (await exceptions().list(EVERYTHING)).filter((it) => it.tradeNo === tradeNo).map(plain)

  test(`${name}: the desk keeps since when an order stands there, what was tried last and how often`, async () => {
    const tradeNo = fresh("T")
    await exceptions().note(noted(tradeNo, "reverse: time-out"), NOON_MS)
    await exceptions().note(noted(tradeNo, "query: busy"), NOON_MS + 500)
    const stands = {
      ...noted(tradeNo, "query: busy"),
      sinceMs: NOON_MS,
      lastTriedAtMs: NOON_MS + 500,
      tries: 2,
    }
    assert.deepEqual(await onDesk(tradeNo), [stands])
  })

  test(`${name}: 20 notes at once are one order on the desk`, async () => {
    const tradeNo = fresh("T")
    await atOnce(20, () => exceptions().note(noted(tradeNo, "time-out"), NOON_MS))
    assert.deepEqual(
      (await onDesk(tradeNo)).map((it) => it.tries),
      [20],
    )
  })

  test(`${name}: what is resolved leaves the desk, another kind of the same order stays`, async () => {
    const tradeNo = fresh("T")
    await exceptions().note(noted(tradeNo, "time-out"), NOON_MS)
    await exceptions().note({ ...noted(tradeNo, "REFUSED"), kind: "undo refused" }, NOON_MS)
    await exceptions().resolve(tradeNo, "not final", NOON_MS + 1)
    assert.deepEqual(
      (await onDesk(tradeNo)).map((it) => it.kind),
      ["undo refused"],
    )
  })

  test(`${name}: each refund of an order stands there for itself`, async () => {
    const tradeNo = fresh("T")
    const [one, other] = ["1".repeat(26), "2".repeat(26)]
    for (const refundId of [one, other])
      await exceptions().note({ ...noted(tradeNo, "BUSY"), kind: "refund not final", refundId }, NOON_MS)
    await exceptions().note({ ...noted(tradeNo, "KEPT"), kind: "refund refused", refundId: one }, NOON_MS)
    await exceptions().resolve(tradeNo, "refund not final", NOON_MS + 1)
    assert.equal((await onDesk(tradeNo)).length, 3)
    await exceptions().resolve(tradeNo, "refund not final", NOON_MS + 1, one)
    const left = (await onDesk(tradeNo)).map(({ refundId, kind, lastTried }) => [refundId, kind, lastTried])
    assert.deepEqual(left.sort(), [
      [one, "refund refused", "KEPT"],
      [other, "refund not final", "BUSY"],
    ])
    for (const refundId of [one, other])
      for (const kind of ["refund not final", "refund refused"] as const)
        await exceptions().resolve(tradeNo, kind, NOON_MS + 2, refundId)
  })

  test(`${name}: to resolve what never stood there puts nothing there`, async () => {
    const tradeNo = fresh("T")
    await exceptions().resolve(tradeNo, "surplus", NOON_MS)
    assert.deepEqual(await onDesk(tradeNo), [])
  })

  test(`${name}: a note that was made before the resolution and arrives after it is old news`, async () => {
    const tradeNo = fresh("T")
    await exceptions().note(noted(tradeNo, "time-out"), NOON_MS)
    await exceptions().resolve(tradeNo, "not final", NOON_MS + 10)
    await exceptions().note(noted(tradeNo, "time-out"), NOON_MS + 5)
    assert.deepEqual(await onDesk(tradeNo), [])
    await exceptions().note(noted(tradeNo, "time-out"), NOON_MS + 20)
    assert.equal((await onDesk(tradeNo)).length, 1)
  })

  test(`${name}: the desk lists the oldest first, and no more than it was asked for`, async () => {
    const [older, newer] = [fresh("T"), fresh("T")]
    await exceptions().note(noted(newer, "time-out"), 2)
    await exceptions().note(noted(older, "time-out"), 1)
    const first = await exceptions().list(2)
    assert.deepEqual(
      first.map((it) => it.tradeNo),
      [older, newer],
    )
    for (const tradeNo of [older, newer]) await exceptions().resolve(tradeNo, "not final", NOON_MS)
  })
}
