import type { Context } from "aws-lambda"
import * as z from "zod"
import { logFault, logRun } from "../../http/call-log.ts"
import { merchantTimeZones } from "../../persistence/merchant-time-zones.ts"
import { orderDays } from "../../persistence/order-days.ts"
import { rootSigner } from "../../persistence/root-signer.ts"
import { finishBills } from "../../usecases/finish-bills.ts"
import { makeBills } from "../../usecases/make-bills.ts"
import { type BillPlan, planBills } from "../../usecases/plan-bills.ts"
import { scatterMovements } from "../../usecases/scatter-movements.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, kms } from "../machine.ts"
import { openBillRuns, openBills, openMovements } from "../objects.ts"
import { work } from "../worker.ts"

const environment = readEnvironment()
const { mainTable, settingsTable, rootKeyId } = environment
const ports = {
  clock,
  movements: openMovements(environment),
  bills: openBills(environment),
  runs: openBillRuns(environment),
  merchants: orderDays(dynamodb, { main: mainTable, settings: settingsTable }),
  timeZoneOf: merchantTimeZones(dynamodb, settingsTable, clock.monotonicMs),
  signer: rootSigner(kms, rootKeyId),
  onFault: (merchantId: string, fault: unknown) => logFault("makebills", merchantId, fault),
}

const day = z.string()
const run = z.string()
const partitions = z.int()

/** The steps of the workflow `daily-bills`, each of which may be done again (infra/bills-workflow.ts). */
const Step = z.discriminatedUnion("step", [
  z.looseObject({ step: z.literal("plan"), run, day }),
  z.looseObject({ step: z.literal("scatter"), run, day, partitions, chunk: z.string() }),
  z.looseObject({
    step: z.literal("make"),
    run,
    day,
    partitions,
    partition: z.int(),
    startedAtMs: z.number(),
  }),
  z.looseObject({ step: z.literal("finish"), run, day, partitions, startedAtMs: z.number() }),
])

/** What the workflow goes on with: the next day's chunks and partitions, or that there is none. */
type Planned = { run: string; done: true } | ({ run: string; done: false; numbers: number[] } & BillPlan)

/** Makes the bills of a day, step by step. */
export function handler(event: unknown, { awsRequestId }: Context): Promise<unknown> {
  return work("makebills", awsRequestId, async () => {
    const step = Step.parse(event)
    switch (step.step) {
      case "plan":
        return plan(step.run, step.day)
      case "scatter":
        return scatterMovements(ports, step)
      case "make": {
        const { waiting, failed, ...counts } = await makeBills(ports, step)
        return { ...counts, waiting: waiting.length, failed: failed.length }
      }
      case "finish":
        return finish(step, awsRequestId)
    }
  })
}

/** @param after the day that was made last; empty at the beginning */
async function plan(run: string, after: string): Promise<Planned> {
  const found = await planBills(ports, run, after)
  if (!found) return { run, done: true }
  return { run, done: false, numbers: Array.from({ length: found.partitions }, (_, it) => it), ...found }
}

async function finish(
  step: { run: string; day: string; partitions: number; startedAtMs: number },
  awsRequestId: string,
): Promise<{ run: string; day: string }> {
  const { run, day, movements, bills, waiting, failed, lost, startedAtMs, finishedAtMs } = await finishBills(
    ports,
    step,
  )
  const counts = {
    movements,
    bills,
    waiting: waiting.length,
    faults: failed.length + lost.length,
  }
  logRun("makebills", awsRequestId, counts, finishedAtMs - startedAtMs)
  return { run, day }
}
