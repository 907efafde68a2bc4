/**
 * What happens rarely and somebody should hear of, as CloudWatch metrics (EMF). What happens with every payment is counted
 * from the log lines themselves: docs/adr/0017-metrics-from-log-lines.md.
 */
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics"

export type RareEvent =
  | { event: "Fault" | "KeyReloadFailed" | "NotificationUndelivered"; call: string }
  | { event: "ChannelSilent" | "BreakerOpen"; channel: string }

let metrics: Metrics | undefined

/** Writes one more of it, at once: whatever comes next may not come. Powertools reads its settings by itself. */
export function countRare(happened: RareEvent): void {
  const { POWERTOOLS_METRICS_NAMESPACE, STAGE } = process.env
  metrics ??= new Metrics({ namespace: POWERTOOLS_METRICS_NAMESPACE || `MetroPay/${STAGE}` })
  const one = metrics.singleMetric()
  // The name of the service would be a further dimension, and an alarm names all of them.
  one.clearDefaultDimensions()
  if ("call" in happened) {
    one.addDimension("call", happened.call)
    // Once more without: an alarm looks at ten metrics at most, and there are more functions.
    one.addDimensions({})
  } else one.addDimension("channel", happened.channel)
  one.addMetric(happened.event, MetricUnit.Count, 1)
}
