import type { Fen } from "../../../domain/money.ts"

/** What the channel does with a charge, by the last three digits of its amount (contract §5). */
export type Ending =
  | "pays"
  | "balanceTooSmall"
  | "passwordEntered"
  | "passwordNeverEntered"
  | "paysWithoutAnswer"
  | "neverArrives"
  | "paysAndAnswersError"
  | "paysAndIsBusy"
  | "paysAfterFirstReverse"
  | "paysAndNotifiesTwice"
  | "paysAndUndoTimesOutOnce"

const BY_LAST_DIGITS: Readonly<Record<number, Ending>> = {
  901: "balanceTooSmall",
  902: "passwordEntered",
  903: "passwordNeverEntered",
  904: "paysWithoutAnswer",
  905: "neverArrives",
  906: "paysAndAnswersError",
  907: "paysAndIsBusy",
  908: "paysAfterFirstReverse",
  909: "paysAndNotifiesTwice",
  910: "paysAndUndoTimesOutOnce",
}

export function endingOf(amountFen: Fen): Ending {
  return BY_LAST_DIGITS[amountFen % 1000] ?? "pays"
}

/** Delays of the contract's table at speed 1. */
const PASSWORD_TAKES_MS = 10_000
const BUSY_FOR_MS = 20_000
const LATE_CHARGE_MS = 3_000

/** When the money of a new charge is taken, or undefined where that is not settled by the charge alone. */
export function moneyTakenAt(ending: Ending, nowMs: number, speed: number): number | undefined {
  switch (ending) {
    case "balanceTooSmall":
    case "passwordNeverEntered":
    case "neverArrives":
    case "paysAfterFirstReverse":
      return undefined
    case "passwordEntered":
      return nowMs + PASSWORD_TAKES_MS / speed
    default:
      return nowMs
  }
}

/** Until when the channel only says that it is busy, or undefined where it is not. */
export function busyUntil(ending: Ending, nowMs: number, speed: number): number | undefined {
  return ending === "paysAndIsBusy" ? nowMs + BUSY_FOR_MS / speed : undefined
}

export function lateChargeAt(reversedAtMs: number, speed: number): number {
  return reversedAtMs + LATE_CHARGE_MS / speed
}
