import { APP_API_PATH, ListMembershipsInput, MembershipInput } from "../../api/app-api.ts"
import { logFault } from "../../http/call-log.ts"
import { customerCall, customerHandler } from "../../http/customer-call.ts"
import type { Answer } from "../../http/envelope.ts"
import {
  leaveMembership,
  listMemberships,
  type MembershipAnswer,
  type MembershipPorts,
  openMembership,
  type ShownMembership,
} from "../../usecases/memberships.ts"
import { customerEdge } from "../customer-edge.ts"
import { readEnvironment } from "../environment.ts"
import { clock } from "../machine.ts"
import { memberStores } from "../member-stores.ts"
import { merchantSending } from "../merchant-sending.ts"
import { platformSecrets } from "../secrets.ts"

const environment = readEnvironment()
const secrets = platformSecrets(environment)
const stores = memberStores(environment, secrets.heldDataKeys)
const sending = merchantSending(environment, secrets, stores)

/** Counted from an attempt's own end, the plan lasts a little longer than its waits. */
const PLAN_SLACK_MS = 60 * 60_000

const ports: MembershipPorts = {
  clock,
  ...stores,
  triedForMs: sending.planMs.reduce((sum, waitMs) => sum + waitMs, PLAN_SLACK_MS),
  sending,
  noteFault: (fault) => logFault("memberships", "first-attempt", fault),
}

/** A13: a customer becomes a merchant's member, and leaves. */
export const handler = customerHandler(customerEdge(environment), "memberships", {
  [`POST ${APP_API_PATH}/memberships/open`]: customerCall(
    "body",
    MembershipInput,
    async ({ merchant_id }, { uid }) => answerOf(await openMembership(ports, uid, merchant_id)),
  ),

  [`POST ${APP_API_PATH}/memberships/leave`]: customerCall(
    "body",
    MembershipInput,
    async ({ merchant_id }, { uid }) => answerOf(await leaveMembership(ports, uid, merchant_id)),
  ),

  [`GET ${APP_API_PATH}/memberships`]: customerCall(
    "address",
    ListMembershipsInput,
    async (_input, { uid }) => ({
      ok: true,
      data: { memberships: (await listMemberships(ports, uid)).map(asShown) },
    }),
  ),
})

function answerOf(answer: MembershipAnswer): Answer {
  return answer.ok ? { ok: true, data: asShown(answer.shown) } : answer
}

function asShown({ membership, telling, merchantName }: ShownMembership) {
  const { merchantId, vipStatus, changedAtMs } = membership
  return {
    merchant_id: merchantId,
    ...(merchantName === undefined ? {} : { merchant_name: merchantName }),
    vip_status: vipStatus,
    status: telling,
    changed_at: new Date(changedAtMs).toISOString(),
  }
}
