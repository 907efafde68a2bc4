import { nextDataKey } from "../domain/data-keys.ts"
import { nextSigner } from "../domain/signing-keys.ts"
import { sealingUnder } from "../persistence/sealed-values.ts"
import type { PlatformKeys } from "../usecases/platform-keys.ts"
import type { Command } from "./command.ts"
import type { Desk } from "./desk.ts"
import { publishedKeyList } from "./published-key-list.ts"
import { type AnswerRehearsal, type RehearsedOrder, rehearseAnswers } from "./rehearse-answers.ts"
import { localTime } from "./times.ts"

const SHOWN_FAULTS = 10

/** Everything that will be done with the next keys, done now in memory with a day's real orders and all secrets. */
export const platformKeysRehearse: Command = {
  name: "platform-keys rehearse",
  words: "[MERCHANT]",
  summary: "Tries the next keys with a day's orders and all secrets, before they are used",
  details: [
    "Each order's answer is made, signed with the next key and verified as a merchant's client would, by the list",
    "that merchants fetch. Each secret is opened, sealed under the next data key and opened again, in memory.",
    "Nothing is written or sent: it may run in production, at the price of one read an order. Where no next key",
    "waits, the present one is rehearsed. Status 1 where anything fails. Without --limit: all orders of the day.",
  ],
  takes: ["day", "limit", "json"],
  wordCount: { min: 0, max: 1 },
  async run({ words, day, limit = Number.POSITIVE_INFINITY, json }, desk, terminal) {
    const keys = await desk.platformKeys.store.read()
    if (!keys) return { ok: false, why: "the platform's keys have not been made yet: deploy the stage" }
    const shownDay = day ?? localTime(desk.clock.nowMs()).slice(0, 10)
    const answers = await rehearseSigning(desk, keys, { merchantId: words[0], day: shownDay, limit })
    const values = await rehearseSealing(desk, keys)
    const faults = [...answers.faults, ...values.faults]
    const lines = [...describeAnswers(answers, shownDay), ...describeValues(values)]
    if (faults.length > 0) {
      for (const line of lines) terminal.say(line)
      for (const { subject, reason } of faults.slice(0, SHOWN_FAULTS)) terminal.say(`  ${subject}: ${reason}`)
      return { ok: false, why: `${faults.length} of ${answers.answers + values.values} failed` }
    }
    return { ok: true, lines, json: json ? { day: shownDay, answers, values } : undefined }
  },
}

type SigningRehearsal = AnswerRehearsal & { keyId: string; isNext: boolean }

async function rehearseSigning(
  desk: Desk,
  keys: PlatformKeys,
  { merchantId, day, limit }: { merchantId?: string; day: string; limit: number },
): Promise<SigningRehearsal> {
  const { clock, platformKeys, timeZoneOf } = desk
  const next = nextSigner(keys.signing, clock.nowMs())
  const atMs = next?.signsFromMs ?? clock.nowMs()
  const key = (await platformKeys.openSecrets()).answerKeyAt(atMs)
  if (next && key.keyId !== next.keyId) throw new Error(`the next key ${next.keyId} does not open`)
  const { orders, channels } = await desk.pollPorts()
  const findKey = publishedKeyList(platformKeys.publicUrl, await platformKeys.rootKey(), clock.nowMs)
  const rehearsal = await rehearseAnswers(
    { clock, orders, channels, timeZoneOf, key, findKey, publicUrl: platformKeys.publicUrl },
    ordersOf(desk, day, merchantId),
    limit,
  )
  return { ...rehearsal, keyId: key.keyId, isNext: next !== undefined }
}

async function* ordersOf(desk: Desk, day: string, merchantId?: string): AsyncGenerator<RehearsedOrder[]> {
  const merchantIds = merchantId === undefined ? await desk.days.merchantIds() : [merchantId]
  for (const id of merchantIds) {
    for await (const page of desk.days.tradeNos(id, day.replaceAll("-", ""))) {
      yield page.map((tradeNo) => ({ merchantId: id, tradeNo }))
    }
  }
}

type SealingRehearsal = {
  version: number
  isNext: boolean
  values: number
  faults: { subject: string; reason: string }[]
}

async function rehearseSealing({ clock, platformKeys }: Desk, keys: PlatformKeys): Promise<SealingRehearsal> {
  const next = nextDataKey(keys.data, clock.nowMs())
  const sealing = sealingUnder(await platformKeys.fieldKeysAt(next?.sealsFromMs ?? clock.nowMs()))
  if (next && sealing.sealsUnder !== next.version) throw new Error(`data key ${next.version} does not open`)
  const rehearsal: SealingRehearsal = {
    version: sealing.sealsUnder,
    isNext: next !== undefined,
    values: 0,
    faults: [],
  }
  for (const part of await platformKeys.values.parts()) {
    for (const value of await platformKeys.values.ofPart(part)) {
      rehearsal.values += 1
      try {
        sealing.sealAnew(value)
      } catch (fault) {
        const reason = fault instanceof Error ? fault.message : String(fault)
        rehearsal.faults.push({ subject: `${value.place.pk} ${value.place.sk}`, reason })
      }
    }
  }
  return rehearsal
}

function describeAnswers(
  { keyId, isNext, answers, signMs, verifyMs, faults }: SigningRehearsal,
  day: string,
): string[] {
  const each = (ms: number) => (answers > 0 ? `${(ms / answers).toFixed(2)} ms` : "-")
  return [
    `signing  ${keyId}, ${isNext ? "the next one" : "the one that signs now: no next one waits"}`,
    `orders   ${answers} of ${day}: ${answers - faults.length} answers verified, ${faults.length} failed`,
    `speed    ${each(signMs)} to sign, ${each(verifyMs)} to verify`,
  ]
}

function describeValues({ version, isNext, values, faults }: SealingRehearsal): string[] {
  return [
    `data key ${version}, ${isNext ? "the next one" : "the one that seals now: no next one waits"}`,
    `secrets  ${values}: ${values - faults.length} opened, sealed anew and opened again, ${faults.length} failed`,
  ]
}
