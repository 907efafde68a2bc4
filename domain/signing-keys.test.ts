import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  HANDOVER_MS,
  type IdentifiedKey,
  KEPT_MS,
  NOTICE_MS,
  nextSigner,
  publishedAt,
  signerAt,
  signingState,
  withHandover,
  withoutNext,
  withSuccessor,
} from "./signing-keys.ts"

const HOUR_MS = 3_600_000
const FIRST: IdentifiedKey = { keyId: "K0", publishedAtMs: 0, signsFromMs: 0 }

type Step = { kind: "wait" | "rotate" | "hand over" | "take back" | "drop"; hours: number }
type Change = { atMs: number; keys: IdentifiedKey[] }

/** What the keys were at each change, as operators and the daily round might have made them. */
function live(steps: readonly Step[]): Change[] {
  const changes: Change[] = [{ atMs: 0, keys: [FIRST] }]
  let atMs = 0
  for (const { kind, hours } of steps) {
    atMs += Math.round(hours * HOUR_MS)
    const { keys } = changes.at(-1) ?? assert.fail()
    const next = change(keys, kind, { atMs, newId: `K${changes.length}` })
    if (next) changes.push({ atMs, keys: next })
  }
  return changes
}

function change(keys: IdentifiedKey[], kind: Step["kind"], { atMs, newId }: { atMs: number; newId: string }) {
  const waiting = nextSigner(keys, atMs)
  const rotated = () => withSuccessor(keys, { keyId: newId }, { nowMs: atMs, signsFromMs: atMs + NOTICE_MS })
  if (kind === "rotate") return waiting ? undefined : rotated()
  if (kind === "hand over") return withHandover(waiting ? keys : rotated(), atMs)
  if (kind === "take back") return signerAt(keys, atMs).withdrawn ? undefined : withoutNext(keys, atMs)
  return kind === "drop" ? publishedAt(keys, atMs) : undefined
}

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom("wait", "rotate", "hand over", "take back", "drop"),
    hours: fc.double({ min: 0, max: 60, noNaN: true }),
  }),
  { maxLength: 30 },
)

test("at every moment exactly one key signs, and it is in the list", () => {
  fc.assert(
    fc.property(steps, (given) => {
      const changes = live(given)
      for (const [index, { atMs, keys }] of changes.entries()) {
        const untilMs = changes[index + 1]?.atMs ?? atMs + 100 * HOUR_MS
        const edges = keys.flatMap((key) => [key.signsFromMs, key.signsFromMs - 1, key.retiredAtMs ?? 0])
        for (const momentMs of [atMs, untilMs, ...edges].filter((it) => it >= atMs && it <= untilMs)) {
          const signing = keys.filter((key) => signingState(key, momentMs) === "signing")
          assert.deepEqual(signing, [signerAt(keys, momentMs)])
          assert.ok(publishedAt(keys, momentMs).includes(signing[0] ?? FIRST))
        }
      }
    }),
  )
})

test("whoever looked within the last five minutes knows the key that signs", () => {
  fc.assert(
    fc.property(steps, fc.double({ min: 0, max: 1, noNaN: true }), (given, part) => {
      const changes = live(given)
      const lastMs = (changes.at(-1)?.atMs ?? 0) + 100 * HOUR_MS
      const momentMs = Math.round(lastMs * part)
      const standing = (atMs: number) => changes.findLast((it) => it.atMs <= atMs)?.keys ?? [FIRST]
      const signs = signerAt(standing(momentMs), momentMs)
      const seen = standing(Math.max(0, momentMs - HANDOVER_MS / 2))
      const believed = signerAt(seen, momentMs)
      // A key that was taken back moments before its time may still be used: it cannot be helped.
      const takenBack = !standing(momentMs).some(({ keyId }) => keyId === believed.keyId)
      if (!takenBack) assert.equal(believed.keyId, signs.keyId)
    }),
  )
})

test("a key is in the list for a day before it signs and for a day after, unless it is compromised", () => {
  const keys = withSuccessor([FIRST], { keyId: "K1" }, { nowMs: 5, signsFromMs: 5 + NOTICE_MS })
  const [first, second] = keys
  assert.ok(first && second)
  assert.deepEqual(
    [0, NOTICE_MS, 5 + NOTICE_MS, 4 + NOTICE_MS + KEPT_MS, 5 + NOTICE_MS + KEPT_MS].map((atMs) => [
      signingState(first, atMs),
      signingState(second, atMs),
    ]),
    [
      ["signing", "next"],
      ["signing", "next"],
      ["replaced", "signing"],
      ["replaced", "signing"],
      ["gone", "signing"],
    ],
  )
  const handed = withHandover(keys, 6)
  assert.equal(signingState(handed[0] ?? first, 6 + HANDOVER_MS), "gone")
  assert.equal(signerAt(handed, 6 + HANDOVER_MS).keyId, "K1")
})

test("a clock that is behind all keys signs with the first", () => {
  const keys = withSuccessor(
    [{ ...FIRST, signsFromMs: 1_000 }],
    { keyId: "K1" },
    { nowMs: 1_000, signsFromMs: 2_000 },
  )
  assert.equal(signerAt(keys, 0).keyId, "K0")
})
