import { Alarm, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch"
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions"
import { Stack } from "aws-cdk-lib/core"
import type { Construct } from "constructs"
import { AlarmTopic } from "./alarm-topic.ts"
import type { AlarmRow } from "./alarms.ts"
import { alarmTable, comparisonOf, RUNBOOKS } from "./alarms.ts"
import { addDashboard } from "./dashboard.ts"
import type { PlatformData } from "./data-stack.ts"
import { lostEventsName } from "./failed-executions.ts"
import type { Settings } from "./settings.ts"
import type { Watched } from "./watched-metrics.ts"
import { workflowArn } from "./workflow-names.ts"

/**
 * Who is told when something is wrong, and what can be seen. Functions, queues and workflows are spoken of by their names, so
 * that this stack never stands in the way of changing another.
 */
export class WatchStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings, data: PlatformData, apiId: string) {
    super(scope, id, { terminationProtection: settings.keepData })
    const { topic } = new AlarmTopic(this, settings)
    const tell = new SnsAction(topic)
    const watched = watchedIn(this, settings, data, apiId)
    const alarms = alarmTable(watched, settings.alarmLimits).map((row) => {
      const alarm = alarmOf(this, row, settings)
      alarm.addAlarmAction(tell)
      alarm.addOkAction(tell)
      return alarm
    })
    addDashboard(this, watched, alarms)
  }
}

/** Where the settings do not say otherwise (functions/platformkeys). */
const SIGNING_KEY_DAYS = 90

function watchedIn(
  scope: Construct,
  { stage, tuning }: Settings,
  data: PlatformData,
  apiId: string,
): Watched {
  return {
    stage,
    apiId,
    tables: { main: data.mainTable.tableName, settings: data.settingsTable.tableName },
    queues: Object.fromEntries(
      Object.entries(data.pollQueues).map(([channel, { queue, deadLetters }]) => [
        channel,
        { polls: queue.queueName, deadLetters: deadLetters.queueName },
      ]),
    ),
    lostUndos: lostEventsName(stage, "undo-order"),
    lostRefunds: lostEventsName(stage, "finish-refund"),
    notificationQueues: {
      first: data.notificationQueues.first.queueName,
      repeats: data.notificationQueues.repeats.queueName,
      deadLetters: data.notificationQueues.deadLetters.queueName,
    },
    undoWorkflowArn: workflowArn(Stack.of(scope), stage, "undo-order"),
    refundWorkflowArn: workflowArn(Stack.of(scope), stage, "finish-refund"),
    billsWorkflowArn: workflowArn(Stack.of(scope), stage, "daily-bills"),
    signingKeyDays: tuning?.signingKeyDays ?? SIGNING_KEY_DAYS,
  }
}

function alarmOf(scope: Construct, row: AlarmRow, { stage }: Settings): Alarm {
  const { name, of, means, metric, limit, bad = 1, periods = 1 } = row
  const full = of === undefined ? name : `${name}-${of}`
  return new Alarm(scope, `Alarm ${full}`, {
    alarmName: `MetroPay-${stage}-${full}`,
    alarmDescription: `${means} What to do: ${RUNBOOKS}/${name}.md`,
    metric,
    threshold: limit,
    comparisonOperator: comparisonOf(row),
    evaluationPeriods: periods,
    datapointsToAlarm: bad,
    treatMissingData: row.silence ?? TreatMissingData.NOT_BREACHING,
  })
}
