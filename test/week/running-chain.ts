/** The real platform on this machine, as a chain of shops uses it: signed calls, a clock that is moved, kills and a restart. */
import type { JsonWebKey } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Platform, startPlatform } from "../../local/platform.ts"
import { SYSTEM_CLOCK } from "../../sdk/clock.ts"
import { Connection } from "../../sdk/connection.ts"
import { MetroPayError } from "../../sdk/errors.ts"
import { killFunctions } from "../journeys/kill-functions.ts"
import { helper, Phone, until } from "../journeys/running-platform.ts"

export const MERCHANTS = ["M10001", "M10002"] as const
export type MerchantId = (typeof MERCHANTS)[number]

/** Whose phone pays at that merchant's tills. */
const CUSTOMERS: Readonly<Record<MerchantId, string>> = { M10001: "U10001", M10002: "U10002" }

/** `silent`: no answer, or none that the platform signed, or its word that it does not know. */
export type Answer = { code: string; data: Record<string, unknown>; silent: boolean }

const SPEED = 20
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Of Asia/Shanghai, which never changes its clocks. */
const ZONE_MS = 8 * HOUR_MS

export class RunningChain {
  readonly dataDir: string
  /** Answers that were signed, but not by the platform or not for their call: there must be none. */
  readonly untrusted: string[] = []
  readonly #connections = new Map<string, Connection>()
  #platform: Platform

  private constructor(dataDir: string, platform: Platform) {
    this.dataDir = dataDir
    this.#platform = platform
  }

  /** Started with nothing in it but the demo data; U10002 agrees with M10002, so that both sell to phones of ours. */
  static async start(): Promise<RunningChain> {
    const dataDir = mkdtempSync(join(tmpdir(), "metro-pay-week-"))
    const platform = await startPlatform({ port: 0, dataDir, speed: SPEED, log: () => {} })
    const chain = new RunningChain(dataDir, platform)
    await helper(chain, "POST", "/local/agreements", {
      uid: CUSTOMERS.M10002,
      merchant_id: "M10002",
      pay_type: "CT_WECHAT",
    })
    return chain
  }

  get url(): string {
    return this.#platform.url
  }

  get platform(): Platform {
    return this.#platform
  }

  nowMs(): number {
    return this.#platform.clock.nowMs()
  }

  today(): string {
    return dayOf(this.nowMs())
  }

  /** One signed call, its answer verified. */
  async ask(merchantId: MerchantId, name: string, input: object): Promise<Answer> {
    try {
      const data = await this.#connectionOf(merchantId).call<Record<string, unknown>>(name, input)
      return { code: "SUCCESS", data, silent: false }
    } catch (fault) {
      if (!(fault instanceof MetroPayError)) throw fault
      if (fault.code === "ANSWER_NOT_VERIFIED" && !EXPLAINED.test(fault.message)) {
        this.untrusted.push(`${name}: ${fault.message}`)
      }
      return { code: fault.code, data: fault.data, silent: isSilence(fault) }
    }
  }

  /** The same call until there is an answer: for calls that have no further effect when they are sent again. */
  askUntilHeard(merchantId: MerchantId, name: string, input: object): Promise<Answer> {
    return until(
      () => this.ask(merchantId, name, input),
      ({ silent }) => !silent,
      120_000,
    )
  }

  /** A code on the phone of that merchant's customer. */
  async showCode(merchantId: MerchantId): Promise<string> {
    // A phone tries again, too: its call may meet a killed function or the restart.
    const shown = await until(
      async () => {
        try {
          // A token lives for twelve hours: a new one each time.
          const phone = await Phone.of(this, CUSTOMERS[merchantId])
          return (await phone.showCode("CT_WECHAT")).qrcode
        } catch {
          return undefined
        }
      },
      (code) => code !== undefined,
      60_000,
    )
    return shown ?? ""
  }

  async advance(ms: number): Promise<void> {
    await helper(this, "POST", "/local/clock", { advance_ms: Math.max(0, Math.round(ms)) })
  }

  /** Moves the clock to that time of the merchants' day, the next there is. */
  async advanceTo(hours: number, minutes = 0, seconds = 0): Promise<void> {
    const wantedMs = hours * HOUR_MS + minutes * 60_000 + seconds * 1_000
    const sinceMidnightMs = (this.nowMs() + ZONE_MS) % DAY_MS
    await this.advance((wantedMs - sinceMidnightMs + DAY_MS) % DAY_MS)
  }

  /** Kills the processes of that function; says how many there were. */
  kill(functionName: string): number {
    return process.platform === "linux" ? killFunctions([functionName]) : 0
  }

  /** Has the processes of that function stand still until they are killed; says how many there were. */
  stall(functionName: string): number {
    return process.platform === "linux" ? killFunctions([functionName], "SIGSTOP") : 0
  }

  /** Stops the platform with whatever is in flight, and starts it again on the same state and port. */
  async restart(): Promise<void> {
    const { port } = this.#platform
    await this.#platform.close()
    this.#platform = await startPlatform({ port, dataDir: this.dataDir, speed: SPEED, log: () => {} })
  }

  /** @param keep leaves the state folder where it is, for whoever wants to know more */
  async stop({ keep }: { keep: boolean }): Promise<void> {
    await this.#platform.close()
    if (!keep) rmSync(this.dataDir, { recursive: true, force: true })
  }

  /** What a merchant was given: `merchant.json`. */
  merchantFile(merchantId: MerchantId): {
    merchant_id: string
    key_id: string
    platform_root_key: JsonWebKey
  } {
    return JSON.parse(readFileSync(join(this.dataDir, "demo", merchantId, "merchant.json"), "utf8"))
  }

  #connectionOf(merchantId: MerchantId): Connection {
    const known = this.#connections.get(merchantId)
    if (known) return known
    const folder = join(this.dataDir, "demo", merchantId)
    const merchant = this.merchantFile(merchantId)
    const connection = new Connection({
      baseUrl: this.url,
      merchantId,
      keyId: merchant.key_id,
      privateKey: readFileSync(join(folder, "private_key.pem"), "utf8"),
      platformKeys: JSON.parse(readFileSync(join(folder, "platform_keys.json"), "utf8")),
      platformRootKey: merchant.platform_root_key,
      clock: { ...SYSTEM_CLOCK, nowMs: () => this.nowMs() },
    })
    this.#connections.set(merchantId, connection)
    return connection
  }
}

/** The clock may be moved between signing and arriving: then nothing happened, and the call is signed anew. */
const SAYS_NOTHING_HAPPENED = new Set(["TRY_AGAIN", "SIGNATURE_EXPIRED", "TOO_MANY_REQUESTS"])
const SAYS_NOTHING = new Set(["NO_ANSWER", "ANSWER_NOT_VERIFIED", "SYSTEM_ERROR"])

/** A gateway's answer for a function that died is not signed; one that was under way while the clock jumped looks old. */
const EXPLAINED = /is not signed|away from this clock/

function isSilence({ code }: MetroPayError): boolean {
  return SAYS_NOTHING_HAPPENED.has(code) || SAYS_NOTHING.has(code)
}

/** `yyyyMMdd` in the merchants' zone. */
export function dayOf(atMs: number): string {
  return stampOf(atMs).slice(0, 8)
}

/** `yyyyMMddHHmmss` in the merchants' zone. */
export function stampOf(atMs: number): string {
  return new Date(atMs + ZONE_MS).toISOString().slice(0, 19).replace(/[-:T]/g, "")
}
