import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam"
import { Key } from "aws-cdk-lib/aws-kms"
import { Topic } from "aws-cdk-lib/aws-sns"
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions"
import { ArnFormat, Aws, CfnOutput, RemovalPolicy, Stack } from "aws-cdk-lib/core"
import { Construct } from "constructs"
import type { Settings } from "./settings.ts"

/**
 * Where alarms are told. Encrypted under a key of its own, since CloudWatch may not use the one that SNS has: only the alarms
 * of this stage in this account may publish. https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
export class AlarmTopic extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, { stage, alarmEmails = [] }: Pick<Settings, "stage" | "alarmEmails">) {
    super(scope, "AlarmTopic")
    const key = new Key(this, "Key", {
      description: "Metro Pay: encrypts what alarms say",
      enableKeyRotation: true,
      // Nothing that was encrypted under it is ever read again.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.topic = new Topic(this, "Topic", {
      topicName: `MetroPay-${stage}-alarms`,
      masterKey: key,
      enforceSSL: true,
    })
    key.addToResourcePolicy(alarmsOnly(this, stage, ["kms:Decrypt", "kms:GenerateDataKey*"], "*"))
    this.topic.addToResourcePolicy(alarmsOnly(this, stage, ["sns:Publish"], this.topic.topicArn))
    for (const address of alarmEmails) this.topic.addSubscription(new EmailSubscription(address))
    new CfnOutput(scope, "AlarmTopicArn", { value: this.topic.topicArn })
  }
}

function alarmsOnly(scope: Construct, stage: string, actions: string[], resource: string): PolicyStatement {
  const alarms = Stack.of(scope).formatArn({
    service: "cloudwatch",
    resource: "alarm",
    resourceName: `MetroPay-${stage}-*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
  return new PolicyStatement({
    sid: "AlarmsOfThisStage",
    principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
    actions,
    resources: [resource],
    conditions: {
      StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
      ArnLike: { "aws:SourceArn": alarms },
    },
  })
}
