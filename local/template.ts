/**
 * Reads the synthesized stacks and answers what their expressions come to on this machine: every name, ARN and address that
 * CloudFormation would fill in at deployment.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { LOCAL_ACCOUNT, LOCAL_REGION } from "./account.ts"

export type Resource = { stack: string; logicalId: string; type: string; properties: Record<string, unknown> }

export type Assembly = {
  resources: Resource[]
  /** Value of an expression as it stands in a template of that stack. Throws for one that is not known here. */
  resolve(stack: string, expression: unknown): unknown
  /** Folder of an asset by its key in the asset bucket. */
  assetDir(key: string): string
}

/** Addresses that are known only once the local parts listen. */
export type Addresses = { sqs: string; api: string }

/** A resource's properties with every expression filled in. */
export function propertiesOf(assembly: Assembly, { stack, properties }: Resource): Record<string, unknown> {
  return assembly.resolve(stack, properties) as Record<string, unknown>
}

/** What Ref gives for it. */
export function refOf(assembly: Assembly, { stack, logicalId }: Resource): string {
  return String(assembly.resolve(stack, { Ref: logicalId }))
}

export function attributeOf(assembly: Assembly, { stack, logicalId }: Resource, name: string): string {
  return String(assembly.resolve(stack, { "Fn::GetAtt": [logicalId, name] }))
}

type Stack = { name: string; template: Template; assets: Record<string, AssetFile> }
type Template = {
  Resources?: Record<string, { Type: string; Properties?: Record<string, unknown> }>
  Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>
  Parameters?: Record<string, { Default?: unknown }>
}
type AssetFile = { source: { path: string }; destinations: Record<string, { objectKey: string }> }
type Manifest = {
  artifacts: Record<
    string,
    { type: string; properties?: { templateFile?: string; stackName?: string; file?: string } }
  >
}

/** What a property set to AWS::NoValue becomes: it is left out. */
const NO_VALUE = Symbol("AWS::NoValue")

/** Reads what `cdk synth` wrote to `dir`. */
export function readAssembly(dir: string, addresses: Addresses): Assembly {
  const stacks = readStacks(dir)
  const resources = stacks.flatMap(({ name, template }) =>
    Object.entries(template.Resources ?? {}).map(([logicalId, { Type, Properties }]) => ({
      stack: name,
      logicalId,
      type: Type,
      properties: Properties ?? {},
    })),
  )
  const assets = new Map(
    stacks.flatMap(({ assets }) =>
      Object.values(assets).flatMap((file) =>
        Object.values(file.destinations).map(
          ({ objectKey }) => [objectKey, join(dir, file.source.path)] as const,
        ),
      ),
    ),
  )
  const resolver = new Resolver(stacks, resources, addresses)
  return {
    resources,
    resolve: (stack, expression) => resolver.resolve(stack, expression),
    assetDir(key) {
      const found = assets.get(key)
      if (!found) throw new Error(`The asset ${key} is in no asset manifest of ${dir}`)
      return found
    },
  }
}

function readStacks(dir: string): Stack[] {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(dir, file), "utf8"))
  const { artifacts } = read("manifest.json") as Manifest
  return Object.entries(artifacts).flatMap(([id, { type, properties }]) => {
    if (type !== "aws:cloudformation:stack" || !properties?.templateFile) return []
    const manifest = artifacts[`${id}.assets`]?.properties?.file
    const assets = manifest ? (read(manifest) as { files: Record<string, AssetFile> }).files : {}
    return [{ name: properties.stackName ?? id, template: read(properties.templateFile) as Template, assets }]
  })
}

class Resolver {
  readonly #stacks: Map<string, Stack>
  readonly #resources: Map<string, Resource>
  readonly #addresses: Addresses
  /** By export name. */
  readonly #exports = new Map<string, { stack: string; value: unknown }>()

  constructor(stacks: Stack[], resources: Resource[], addresses: Addresses) {
    this.#stacks = new Map(stacks.map((stack) => [stack.name, stack]))
    this.#resources = new Map(
      resources.map((resource) => [`${resource.stack}/${resource.logicalId}`, resource]),
    )
    this.#addresses = addresses
    for (const { name, template } of stacks) {
      for (const { Value, Export } of Object.values(template.Outputs ?? {})) {
        if (Export) this.#exports.set(String(this.resolve(name, Export.Name)), { stack: name, value: Value })
      }
    }
  }

  resolve(stack: string, expression: unknown): unknown {
    const value = this.#value(stack, expression)
    return value === NO_VALUE ? undefined : value
  }

  #value(stack: string, expression: unknown): unknown {
    if (Array.isArray(expression)) {
      return expression.map((each) => this.#value(stack, each)).filter((each) => each !== NO_VALUE)
    }
    if (typeof expression !== "object" || expression === null) return expression
    const entries = Object.entries(expression)
    const [only] = entries
    if (entries.length === 1 && only && (only[0] === "Ref" || only[0].startsWith("Fn::"))) {
      return this.#call(stack, only[0], only[1])
    }
    const values = entries.map(([key, each]) => [key, this.#value(stack, each)] as const)
    return Object.fromEntries(values.filter(([, value]) => value !== NO_VALUE))
  }

  #call(stack: string, name: string, argument: unknown): unknown {
    const text = (value: unknown) => String(this.#value(stack, value))
    const list = (value: unknown) => this.#value(stack, value) as unknown[]
    switch (name) {
      case "Ref":
        return this.#ref(stack, String(argument))
      case "Fn::GetAtt": {
        const [logicalId, ...path] = Array.isArray(argument) ? argument : String(argument).split(".")
        return this.#attribute(stack, String(logicalId), path.join("."))
      }
      case "Fn::ImportValue": {
        const exported = this.#exports.get(text(argument))
        if (!exported) throw new Error(`No stack exports ${text(argument)}`)
        return this.#value(exported.stack, exported.value)
      }
      case "Fn::Join": {
        const [separator, parts] = argument as [string, unknown]
        return list(parts).join(separator)
      }
      case "Fn::Split": {
        const [separator, whole] = argument as [string, unknown]
        return text(whole).split(separator)
      }
      case "Fn::Select": {
        const [index, from] = argument as [unknown, unknown]
        return list(from)[Number(text(index))]
      }
      case "Fn::Sub":
        return this.#substitute(stack, argument)
      default:
        throw new Error(`${stack}: ${name} is not known to the local platform`)
    }
  }

  #substitute(stack: string, argument: unknown): string {
    const [pattern, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [
      string,
      Record<string, unknown>,
    ]
    return pattern.replace(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`
      if (Object.hasOwn(variables, name)) return String(this.#value(stack, variables[name]))
      const value = name.includes(".") ? this.#call(stack, "Fn::GetAtt", name) : this.#ref(stack, name)
      return value === undefined ? whole : String(value)
    })
  }

  #ref(stack: string, name: string): unknown {
    const pseudo: Record<string, unknown> = {
      "AWS::AccountId": LOCAL_ACCOUNT,
      "AWS::Region": LOCAL_REGION,
      "AWS::Partition": "aws",
      "AWS::URLSuffix": "amazonaws.com",
      "AWS::StackName": stack,
      "AWS::StackId": `arn:aws:cloudformation:${LOCAL_REGION}:${LOCAL_ACCOUNT}:stack/${stack}/local`,
      "AWS::NoValue": NO_VALUE,
    }
    if (Object.hasOwn(pseudo, name)) return pseudo[name]
    const parameter = this.#stacks.get(stack)?.template.Parameters?.[name]
    if (parameter) return parameter.Default
    return this.#names(stack, name).ref
  }

  #attribute(stack: string, logicalId: string, path: string): string {
    const names = this.#names(stack, logicalId)
    const value = names.attributes[path]
    if (value === undefined)
      throw new Error(`${stack}: ${names.type} has no attribute ${path} on the local platform`)
    return value
  }

  #names(
    stack: string,
    logicalId: string,
  ): { type: string; ref: string; attributes: Record<string, string> } {
    const resource = this.#resources.get(`${stack}/${logicalId}`)
    if (!resource) throw new Error(`${stack} has no resource ${logicalId}`)
    return { type: resource.type, ...this.#namesOf(resource) }
  }

  /** Ref and attributes of a resource, by its type: "Return values" in its page of the CloudFormation reference. */
  #namesOf(resource: Resource): { ref: string; attributes: Record<string, string> } {
    const { stack, logicalId, type, properties } = resource
    const named = (property: string) =>
      String(this.resolve(stack, properties[property]) ?? `${stack}-${logicalId}`)
    switch (type) {
      case "AWS::DynamoDB::Table": {
        const name = named("TableName")
        const arn = localArn("dynamodb", `table/${name}`)
        return { ref: name, attributes: { Arn: arn, StreamArn: `${arn}/stream/latest` } }
      }
      case "AWS::SQS::Queue": {
        const name = named("QueueName")
        const url = `${this.#addresses.sqs}/${LOCAL_ACCOUNT}/${name}`
        return { ref: url, attributes: { Arn: localArn("sqs", name), QueueName: name, QueueUrl: url } }
      }
      case "AWS::KMS::Key": {
        const id = uuidOf(`${stack}/${logicalId}`)
        return { ref: id, attributes: { KeyId: id, Arn: localArn("kms", `key/${id}`) } }
      }
      case "AWS::KMS::Alias":
        return { ref: named("AliasName"), attributes: {} }
      case "AWS::Lambda::Function": {
        const name = named("FunctionName")
        return { ref: name, attributes: { Arn: localArn("lambda", `function:${name}`) } }
      }
      case "AWS::StepFunctions::StateMachine": {
        const name = named("StateMachineName")
        const arn = localArn("states", `stateMachine:${name}`)
        return { ref: arn, attributes: { Arn: arn, Name: name } }
      }
      case "AWS::Events::Rule": {
        const name = named("Name")
        return { ref: name, attributes: { Arn: localArn("events", `rule/${name}`) } }
      }
      case "AWS::Scheduler::Schedule": {
        const name = named("Name")
        const group = String(this.resolve(stack, properties.GroupName) ?? "default")
        return { ref: name, attributes: { Arn: localArn("scheduler", `schedule/${group}/${name}`) } }
      }
      case "AWS::ApiGatewayV2::Api":
        return { ref: "local", attributes: { ApiId: "local", ApiEndpoint: this.#addresses.api } }
      case "AWS::ApiGatewayV2::Integration":
        return { ref: logicalId, attributes: {} }
      default:
        // A name is all that the others are asked for here: roles, logs and buckets stand in functions' properties.
        return { ref: logicalId, attributes: { Arn: localArn("local", `${type}/${logicalId}`) } }
    }
  }
}

function localArn(service: string, resource: string): string {
  return `arn:aws:${service}:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${resource}`
}

/** The same id at every start, shaped like the ones that KMS gives. */
function uuidOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex")
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  )
}
