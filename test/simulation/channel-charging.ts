/** What a simulated channel may do with a charge. */
import type { ChargeOutcome } from "../../domain/charge-outcome.ts"
import type { ChargeRequest } from "../../usecases/ports.ts"
import { type Entry, entryOf, isDown, type Ledger, take, wasSentTooLate } from "./channel-books.ts"
import type { Seeded } from "./seeded-random.ts"

export const BEHAVIOURS = [
  "pays",
  "pays, and denies it while at work",
  "pays, and misses the first undo",
  "pays, and keeps the money",
  "declines",
  "declines, and takes the money all the same",
  "silent, taken",
  "silent, taken late",
  "silent, taken after the first reverse",
  "silent, taken though undone",
  "silent, not taken",
  "works, then paid",
  "password, then paid",
  "password, never",
  "busy, taken",
  "not sent",
] as const
type Behaviour = (typeof BEHAVIOURS)[number]

/** How long after its time-out a charge may still be on its way: longer than a lease (design §2, `lateChargeMs`). */
const LATEST_CHARGE_MS = 60_000
const PASSWORD_LIVES_MS = 5 * 60_000

export async function charge(ledger: Ledger, request: ChargeRequest): Promise<ChargeOutcome> {
  const { time, random, usedCodes } = ledger
  const { channelOrderNo, by } = request
  const behaviour = chooseBehaviour(random)
  if (wasSentTooLate(ledger, request)) return notSent(ledger, channelOrderNo, "too late")
  if (behaviour === "not sent") return notSent(ledger, channelOrderNo, "the account does not open")
  if (isDown(ledger)) return silence(ledger, request)
  await time.sleep(random.between(10, 400))
  if (by.intent === "code") {
    const holder = usedCodes.get(by.code) ?? channelOrderNo
    usedCodes.set(by.code, holder)
    if (holder !== channelOrderNo) return decline(ledger, request, "CHANNEL_REFUSED")
  }
  ledger.note(channelOrderNo, behaviour)
  return perform(ledger, request, behaviour)
}

function chooseBehaviour(random: Seeded): Behaviour {
  if (random.chance(0.25)) return "pays"
  // Asked again within the call: the only way on which a call sleeps.
  return random.chance(0.15) ? "works, then paid" : random.pick(BEHAVIOURS)
}

async function perform(ledger: Ledger, request: ChargeRequest, behaviour: Behaviour): Promise<ChargeOutcome> {
  const { time, random } = ledger
  const { channelOrderNo, amountFen, timeoutMs } = request
  const takeLater = (ms: number) => time.after(ms, () => void take(ledger, channelOrderNo, amountFen))
  const { quirks } = entryOf(ledger, channelOrderNo)
  switch (behaviour) {
    case "pays":
      return paid(ledger, request)
    case "pays, and denies it while at work": {
      const workMs = random.between(500, timeoutMs - 100)
      quirks.deniesUntilMs = time.nowMs() + workMs
      await time.sleep(workMs)
      return paid(ledger, request)
    }
    case "pays, and misses the first undo":
      quirks.undosToMiss = 1
      return paid(ledger, request)
    case "pays, and keeps the money":
      quirks.keepsTheMoney = true
      return paid(ledger, request)
    case "declines":
      return decline(ledger, request)
    case "declines, and takes the money all the same":
      quirks.breaksItsWord = true
      takeLater(random.between(1_000, LATEST_CHARGE_MS))
      return decline(ledger, request)
    case "silent, taken":
      if (random.chance(0.4)) quirks.undosToMiss = 1
      take(ledger, channelOrderNo, amountFen)
      return silence(ledger, request)
    case "silent, taken late":
      takeLater(timeoutMs + random.between(0, LATEST_CHARGE_MS))
      return silence(ledger, request)
    case "silent, taken after the first reverse":
      Object.assign(quirks, { takesAfterReverse: true })
      entryOf(ledger, channelOrderNo).amountFen = amountFen
      return silence(ledger, request)
    case "silent, taken though undone":
      quirks.breaksItsWord = true
      entryOf(ledger, channelOrderNo).amountFen = amountFen
      return silence(ledger, request)
    case "silent, not taken":
      return silence(ledger, request)
    case "works, then paid":
      takeLater(random.between(100, 20_000))
      return pending(ledger, request, "channel")
    case "password, then paid":
      takeLater(random.between(2_000, 20_000))
      return pending(ledger, request, "password")
    case "password, never":
      time.after(PASSWORD_LIVES_MS, () => expire(entryOf(ledger, channelOrderNo)))
      return pending(ledger, request, "password")
    case "busy, taken":
      take(ledger, channelOrderNo, amountFen)
      quirks.busyUntilMs = time.nowMs() + random.between(0, 20_000)
      return { kind: "unknown", cause: "system busy" }
    case "not sent":
      return notSent(ledger, channelOrderNo, "the account does not open")
  }
}

function paid(ledger: Ledger, { channelOrderNo, amountFen }: ChargeRequest): ChargeOutcome {
  const charged = take(ledger, channelOrderNo, amountFen)
  if (charged) return { kind: "charged", ...charged }
  return { kind: "declined", code: "ORDER_CLOSED", channelCode: "ORDERREVERSED" }
}

function notSent(ledger: Ledger, channelOrderNo: string, cause: string): ChargeOutcome {
  ledger.note(channelOrderNo, "not sent")
  return { kind: "notSent", cause }
}

function decline(
  ledger: Ledger,
  { channelOrderNo }: ChargeRequest,
  code: "BALANCE_INSUFFICIENT" | "CHANNEL_REFUSED" = "BALANCE_INSUFFICIENT",
): ChargeOutcome {
  entryOf(ledger, channelOrderNo).state ??= "declined"
  return { kind: "declined", code, channelCode: "NOTENOUGH" }
}

async function silence({ time }: Ledger, { timeoutMs }: ChargeRequest): Promise<ChargeOutcome> {
  await time.sleep(timeoutMs)
  return { kind: "unknown", cause: "time-out", silent: true }
}

function pending(
  ledger: Ledger,
  { channelOrderNo }: ChargeRequest,
  waitingFor: "channel" | "password",
): ChargeOutcome {
  const entry = entryOf(ledger, channelOrderNo)
  entry.state ??= waitingFor === "channel" ? "working" : "password"
  return { kind: "pending", waitingFor }
}

function expire(entry: Entry): void {
  if (entry.state === "password") entry.state = "expired"
}
