/**
 * What calls functions by an event, by the time or step by step, as the templates say it. The retry policies of rules and
 * schedules are about handing an event over to Lambda, which never fails here. Throws for what cannot be run, by name.
 */
import { readEventPattern } from "./event-pattern.ts"
import type { RuleDefinition } from "./event-rules.ts"
import type { ScheduleDefinition } from "./schedules.ts"
import { type Assembly, attributeOf, propertiesOf, type Resource, refOf } from "./template.ts"
import { readWorkflow, type WorkflowDefinition } from "./workflow-definition.ts"

export function workflowOf(assembly: Assembly, resource: Resource): WorkflowDefinition {
  const { DefinitionString, StateMachineType = "STANDARD" } = propertiesOf(assembly, resource)
  if (typeof DefinitionString !== "string" || StateMachineType !== "STANDARD") {
    throw new Error(
      `${resource.logicalId}: only standard workflows with their definition in the template are known to the local platform`,
    )
  }
  const arn = refOf(assembly, resource)
  return readWorkflow({ name: attributeOf(assembly, resource, "Name"), arn }, DefinitionString)
}

type Target = { Arn?: unknown; Input?: unknown; InputPath?: unknown; InputTransformer?: unknown }

export function ruleOf(assembly: Assembly, resource: Resource): RuleDefinition {
  const { EventPattern, EventBusName = "default", Targets = [] } = propertiesOf(assembly, resource)
  if (EventPattern === undefined || EventBusName !== "default") {
    throw new Error(
      `${resource.logicalId}: only rules with a pattern on the default bus are known to the local platform`,
    )
  }
  const targets = (Targets as Target[]).map((target) => {
    if (target.InputPath !== undefined || target.InputTransformer !== undefined) {
      throw new Error(`${resource.logicalId}: changing an event is not known to the local platform`)
    }
    return { functionName: targetFunction(resource, target), input: optionalText(target.Input) }
  })
  return { name: refOf(assembly, resource), pattern: readEventPattern(EventPattern), targets }
}

export function scheduleOf(assembly: Assembly, resource: Resource): ScheduleDefinition {
  const properties = propertiesOf(assembly, resource)
  if (properties.StartDate !== undefined || properties.EndDate !== undefined) {
    throw new Error(`${resource.logicalId}: first and last days are not known to the local platform`)
  }
  const target = properties.Target as Target
  return {
    name: refOf(assembly, resource),
    arn: attributeOf(assembly, resource, "Arn"),
    expression: String(properties.ScheduleExpression),
    timeZone: String(properties.ScheduleExpressionTimezone ?? "UTC"),
    functionName: targetFunction(resource, target),
    input: optionalText(target.Input),
  }
}

function targetFunction({ logicalId }: Resource, { Arn }: Target): string {
  const name = /^arn:aws:lambda:[^:]*:[^:]*:function:([^:]+)$/.exec(String(Arn))?.[1]
  if (!name) throw new Error(`${logicalId}: the target ${Arn} is not known to the local platform`)
  return name
}

function optionalText(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value)
}
