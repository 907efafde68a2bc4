/** What accounts at each channel are made of: its own adapter says what is wrong with one. */
import { parseWechatAccount, WECHAT_SETTINGS } from "../channels/wechat/account.ts"
import { CHANNEL_IDS, type ChannelId, type PayType } from "../domain/channel.ts"
import type { AccountSettings } from "../persistence/merchant-items.ts"
import { UsageError } from "./usage-error.ts"

export type ChannelKind = {
  /** Which it can take money for. */
  payTypes: readonly PayType[]
  settings: readonly string[]
  /** Throws naming the setting that is wrong, never its value. */
  parse(settings: AccountSettings): unknown
}

/** A further channel gets its line here. */
const KINDS: Readonly<Partial<Record<ChannelId, ChannelKind>>> = {
  wechat: { payTypes: ["CT_WECHAT"], settings: WECHAT_SETTINGS, parse: parseWechatAccount },
}

export const KNOWN_CHANNELS = CHANNEL_IDS.filter((it) => KINDS[it] !== undefined)

/** Throws a UsageError for a channel that the platform does not speak to. */
export function channelFrom(word = ""): { channel: ChannelId; kind: ChannelKind } {
  const channel = CHANNEL_IDS.find((it) => it === word)
  const kind = channel && KINDS[channel]
  if (!channel || !kind) throw new UsageError(`a channel is one of ${KNOWN_CHANNELS.join(", ")}`)
  return { channel, kind }
}

/** Throws a UsageError for a pay type that the channel cannot take money for. */
export function channelPayTypes(
  channel: string,
  kind: ChannelKind,
  payTypes: readonly PayType[],
): readonly PayType[] {
  const foreign = payTypes.find((it) => !kind.payTypes.includes(it))
  if (foreign) throw new UsageError(`${channel} cannot take ${foreign}: ${kind.payTypes.join(", ")}`)
  return payTypes
}

/** Settings from their JSON. Throws a UsageError that names settings and never shows a value. */
export function settingsFrom(json: string, { settings: known, parse }: ChannelKind): AccountSettings {
  const settings = textsIn(json)
  const unknown = Object.keys(settings).filter((it) => !known.includes(it))
  if (unknown.length > 0) {
    throw new UsageError(`--settings: there is no setting ${shown(unknown)}; there are ${known.join(", ")}`)
  }
  try {
    parse(settings)
  } catch (fault) {
    throw new UsageError(`--settings: wrong or missing: ${(fault as Error).message.split("\n")[0]}`)
  }
  return settings
}

function textsIn(json: string): AccountSettings {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    // The parser's own words show a piece of the text.
    throw new UsageError("--settings: not JSON")
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError("--settings: a JSON object of texts is expected")
  }
  const wrong = Object.entries(value).flatMap(([name, it]) => (typeof it === "string" ? [] : name))
  if (wrong.length > 0) throw new UsageError(`--settings: not a text: ${shown(wrong)}`)
  return value as AccountSettings
}

/** Names come from the file too: one that was pasted wrongly must not fill the screen. */
function shown(names: readonly string[]): string {
  return names
    .slice(0, 5)
    .map((it) => JSON.stringify(it.slice(0, 32)))
    .join(", ")
}
