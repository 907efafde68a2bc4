/** Counts what says that a channel fails us: calls that met silence, and breakers that opened. */
import { countRare } from "../http/rare-events.ts"
import type { ChannelBreaker } from "../usecases/channel-breaker.ts"
import type { PayChannel } from "../usecases/ports.ts"

/** The same channel; each call to it that met silence counts as `ChannelSilent`. */
export function heard(channel: PayChannel): PayChannel {
  const listen =
    <Request, Outcome extends { kind: string }>(call: (request: Request) => Promise<Outcome>) =>
    async (request: Request) => {
      const outcome = await call(request)
      if (outcome.kind === "unknown" && "silent" in outcome && outcome.silent === true)
        countRare({ event: "ChannelSilent", channel: channel.id })
      return outcome
    }
  return {
    ...channel,
    charge: listen((it) => channel.charge(it)),
    query: listen((it) => channel.query(it)),
    reverse: listen((it) => channel.reverse(it)),
    refund: listen((it) => channel.refund(it)),
    queryRefund: listen((it) => channel.queryRefund(it)),
  }
}

/** The same breaker; that it opened counts as `BreakerOpen`, once for each function that found it so. */
export function heardBreaker(breaker: ChannelBreaker): ChannelBreaker {
  return {
    ...breaker,
    learn(account, health, nowMs) {
      const wasOpen = breaker.openForSeconds(account, nowMs) !== undefined
      const open = breaker.learn(account, health, nowMs)
      if (open && !wasOpen) countRare({ event: "BreakerOpen", channel: account.channel })
      return open
    },
  }
}
