/** `npm run admin -- COMMAND`: what operators do by hand, each by the use case that the platform uses itself. */
import { join, resolve } from "node:path"
import { accountsList } from "./accounts-list.ts"
import { accountsSet } from "./accounts-set.ts"
import { accountsSwitchOff } from "./accounts-switch-off.ts"
import { accountsUse } from "./accounts-use.ts"
import { agreementsList } from "./agreements-list.ts"
import { apiKeysAdd } from "./api-keys-add.ts"
import { apiKeysList } from "./api-keys-list.ts"
import { apiKeysRevoke } from "./api-keys-revoke.ts"
import { audit } from "./audit.ts"
import { bills } from "./bills.ts"
import type { Answer, Command } from "./command.ts"
import { findCommand } from "./command-names.ts"
import type { Desk } from "./desk.ts"
import { exceptions } from "./exceptions.ts"
import { exceptionsSettle } from "./exceptions-settle.ts"
import { helpOf, helpOfAll } from "./help.ts"
import { merchantsAdd } from "./merchants-add.ts"
import { merchantsDisable } from "./merchants-disable.ts"
import { merchantsEnable } from "./merchants-enable.ts"
import { merchantsList } from "./merchants-list.ts"
import { merchantsSet } from "./merchants-set.ts"
import { merchantsShow } from "./merchants-show.ts"
import { notificationsList } from "./notifications-list.ts"
import { notificationsResend } from "./notifications-resend.ts"
import { notificationsShow } from "./notifications-show.ts"
import { checkRequest, type Given, readGiven } from "./options.ts"
import { order } from "./order.ts"
import { platformKeysList } from "./platform-keys-list.ts"
import { platformKeysRehearse } from "./platform-keys-rehearse.ts"
import { platformKeysReseal } from "./platform-keys-reseal.ts"
import { platformKeysRetire } from "./platform-keys-retire.ts"
import { platformKeysRotate } from "./platform-keys-rotate.ts"
import { platformKeysWithdraw } from "./platform-keys-withdraw.ts"
import { redrive } from "./redrive.ts"
import { refundsResend } from "./refunds-resend.ts"
import { refundsShow } from "./refunds-show.ts"
import { requery } from "./requery.ts"
import { reverse } from "./reverse.ts"
import { shopsList } from "./shops-list.ts"
import { shopsRemove } from "./shops-remove.ts"
import { shopsSet } from "./shops-set.ts"
import { TargetError } from "./target-error.ts"
import { terminalOf } from "./terminal.ts"
import { UsageError } from "./usage-error.ts"

const COMMANDS: readonly Command[] = [
  exceptions,
  exceptionsSettle,
  order,
  requery,
  reverse,
  refundsShow,
  refundsResend,
  redrive,
  notificationsList,
  notificationsShow,
  notificationsResend,
  merchantsList,
  merchantsShow,
  merchantsAdd,
  merchantsSet,
  merchantsDisable,
  merchantsEnable,
  shopsList,
  shopsSet,
  shopsRemove,
  apiKeysList,
  apiKeysAdd,
  apiKeysRevoke,
  accountsList,
  accountsSet,
  accountsUse,
  accountsSwitchOff,
  agreementsList,
  platformKeysList,
  platformKeysRotate,
  platformKeysWithdraw,
  platformKeysReseal,
  platformKeysRetire,
  platformKeysRehearse,
  bills,
  audit,
]
const REFUSED = 1
const WRONG_USAGE = 2

const root = join(import.meta.dirname, "..")

try {
  await run(process.argv.slice(2))
} catch (fault) {
  process.exitCode = fault instanceof UsageError ? WRONG_USAGE : REFUSED
  console.error(`metro-pay: ${describeFault(fault)}`)
}

async function run(args: readonly string[]): Promise<void> {
  const given = readGiven(args)
  const { values } = given
  const meant = findCommand(COMMANDS, given.words)
  if (values.help) return console.log(meant ? helpOf(meant) : helpOfAll(COMMANDS))
  if (!meant) throw new UsageError("a command is missing; --help lists them")
  if ("group" in meant) {
    const names = meant.commands.map(({ name }) => name).join(", ")
    throw new UsageError(`${meant.group} what? ${names}; ${meant.group} --help tells more`)
  }
  const { command, words } = meant
  const { min, max } = command.wordCount
  if (words.length < min || words.length > max) {
    throw new UsageError(`write: ${[command.name, command.words || "without anything else"].join(" ")}`)
  }
  const request = checkRequest({ values, words }, command.takes, process.env)
  const desk = await openTarget(values)
  show(await command.run(request, desk, terminalOf(process.stdin, process.stderr)), request.json)
}

/** SDK clients read the process's environment when they are made, so what makes them is loaded only then. */
async function openTarget({ data, stage }: Given["values"]): Promise<Desk> {
  if (data !== undefined && stage !== undefined) throw new UsageError("give --data or --stage, not both")
  if (stage !== undefined) {
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(stage) || stage === "local") {
      throw new UsageError(`"${stage}" is no deployed stage; a local platform is named by --data`)
    }
    const { findStageTarget } = await import("./stage-target.ts")
    const variables = await findStageTarget(stage)
    return (await import("./desk.ts")).openDesk(variables)
  }
  const { findLocalTarget } = await import("./local-target.ts")
  const target = findLocalTarget(resolve(data ?? (process.env.DATA_DIR || join(root, ".local"))))
  const { shiftClock } = await import("../local/shift-clock.ts")
  shiftClock(target.clockOffsetMs)
  Object.assign(process.env, target.sdkVariables)
  return (await import("./desk.ts")).openDesk(target.variables)
}

function show(answer: Answer, json: boolean): void {
  if (!answer.ok) {
    process.exitCode = REFUSED
    console.error(`refused: ${answer.why}`)
    return
  }
  console.log(json ? JSON.stringify(answer.json, null, 2) : answer.lines.join("\n"))
}

/** One line. A stack helps nobody at a desk; what was being done stands in the audit log. */
function describeFault(fault: unknown): string {
  if (fault instanceof UsageError || fault instanceof TargetError) return fault.message
  const { name, message, code } = fault as Error & { code?: string }
  const what = message || code || "unknown fault"
  return `failed: ${name === "Error" ? "" : `${name}: `}${what.split("\n")[0]}`
}
