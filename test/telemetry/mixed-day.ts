/** A bit of everything that a platform is asked: payments of each kind, refusals, forgeries, faults, operators. */
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs"
import { admin } from "../../admin/running-admin.ts"
import { clientOptions } from "../../local/account.ts"
import { helper, type Running, until } from "../journeys/running-platform.ts"
import { type App, openApp, type Shop } from "./recording-shop.ts"

/**
 * Takes some seconds.
 * @param patient waits for what takes longer: a call that is never answered (7 s), and an order whose channel was silent, which
 *   is undone when its lease is over (25 s)
 */
export async function playMixedDay(
  running: Running,
  shop: Shop,
  { patient }: { patient: boolean },
): Promise<void> {
  const app = await openApp(running, "U10001", shop.secrets)
  await payInEveryWay(shop, app, patient)
  await refuse(running, shop)
  await forge(running, shop)
  await breakThings(running, shop, patient)
  await operate(running, shop)
}

async function payInEveryWay(shop: Shop, app: App, patient: boolean): Promise<void> {
  const { till, order, foreignCode } = shop
  const { qrcode, payId } = await app.showCode()
  await till.call("queryuid", { qrcode })
  const paid = order(qrcode)
  await till.call("applypay", paid)
  await till.call("applypay", paid)
  await app.call("GET", `/payments/${payId}`)
  await app.call("GET", "/records")
  await app.call("GET", "/agreements")
  await till.call("applypay", order(foreignCode(), { body: `早餐 ${shop.phoneNumber()}` }))
  // Too small a balance, an answer that is lost, one that never comes.
  const uncertain = [901, 906, ...(patient ? [904] : [])].map((total_fee) =>
    order(foreignCode(), { total_fee }),
  )
  await Promise.all(uncertain.map((request) => till.call("applypay", request)))
  await till.call("reverse", { out_request_no: paid.out_request_no })
  await till.call("reverse", { out_request_no: "never-seen" })
  for (const { out_request_no } of uncertain) await settled(shop, out_request_no)
}

async function refuse(running: Running, shop: Shop): Promise<void> {
  const { till, order, foreignCode, secrets } = shop
  const stranger = await openApp(running, "U10002", secrets)
  await till.call("applypay", order((await stranger.showCode()).qrcode))
  await stranger.call("POST", "/code/close")
  for (const qrcode of [foreignCode().replace(/^13/, "99"), `x${foreignCode()}`]) {
    secrets.add("payment code", qrcode)
    await till.call("applypay", order(qrcode))
  }
  const request = order(foreignCode())
  await till.call("applypay", request)
  await till.call("applypay", { ...request, qrcode: foreignCode() })
  await till.call("applypay", order(foreignCode(), { total_fee: -1 }))
  await till.call("applypay", { ...order(foreignCode()), [foreignCode()]: shop.phoneNumber() })
  await till.call("orderquery", { pay_out_trade_no: foreignCode() })
  await till.call("applypay", Buffer.from(`{"qrcode":"${foreignCode()}","phone":${shop.phoneNumber()},,`))
}

/** Calls that are not what they seem: a changed body, another's key, no signature, a token that is none. */
async function forge(running: Running, shop: Shop): Promise<void> {
  const { till, order, foreignCode, secrets } = shop
  const signed = till.sign("applypay", order(foreignCode()))
  await till.send({ ...signed, body: Buffer.from(JSON.stringify(order(foreignCode()))) })
  const { Signature = "", ...unsigned } = signed.headers
  await till.send({ ...signed, headers: unsigned })
  await till.send({
    ...signed,
    headers: { ...signed.headers, Signature: Signature.replace(/.{9}:$/, "AAAAAAAA=:") },
  })
  const token = `eyJhbGciOiJub25lIn0.${Buffer.from(`{"sub":"${shop.phoneNumber()}"}`).toString("base64url")}.`
  secrets.add("customer's token", token)
  for (const path of ["/app/code", `/app/payments/${foreignCode()}`]) {
    const headers = { authorization: `Bearer ${token}` }
    await fetch(`${running.url}/metro/payment/v1${path}`, { method: "POST", headers })
  }
  const notified = `${running.url}/metro/payment/v1/notify/wechat/${foreignCode()}/${shop.phoneNumber()}/1`
  await fetch(notified, { method: "POST", body: `{"auth_code":"${foreignCode()}"}` })
}

/** A channel that is down, and messages that nobody can read. */
async function breakThings(running: Running, shop: Shop, patient: boolean): Promise<void> {
  const { till, order, foreignCode } = shop
  await helper(running, "POST", "/local/channels/wechat/down", { for_ms: 400 })
  const silent = order(foreignCode())
  await till.call("applypay", silent)
  const { endpoints, credentials, pollQueues } = running.platform
  const sqs = new SQSClient(clientOptions(endpoints.sqs, credentials))
  for (const MessageBody of [
    `${foreignCode()} is no JSON`,
    `{"tradeNo":"${foreignCode()}","legNo":"${shop.phoneNumber()}"}`,
  ])
    await sqs.send(new SendMessageCommand({ QueueUrl: pollQueues.wechat, MessageBody }))
  sqs.destroy()
  if (patient) await settled(shop, silent.out_request_no)
}

async function operate(running: Running, shop: Shop): Promise<void> {
  const { till, order, foreignCode } = shop
  const { data } = await till.call("applypay", order(foreignCode()))
  const who = ["--operator", "li.na", "--reason", "customer asks at the counter", "--yes"]
  const on = ["--data", running.dataDir]
  const number = String(data.pay_out_trade_no)
  await Promise.all([
    admin(["exceptions", ...on]),
    admin(["order", number, ...on]),
    admin(["requery", number, ...who.slice(0, 4), ...on]),
  ])
  await admin(["reverse", number, ...who, ...on])
  await admin(["audit", ...on])
}

async function settled({ till }: Shop, out_request_no: unknown): Promise<void> {
  await until(
    () => till.call("orderquery", { out_request_no }),
    ({ data }) => data.pay_status !== "PS_PAYING",
    30_000,
  )
}
