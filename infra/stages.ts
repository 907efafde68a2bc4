import type { Settings, StageName } from "./settings.ts"

/** Every stage stands here in full, so that two stages can be compared by reading. */
export const STAGES: Record<StageName, Omit<Settings, "stage">> = {
  production: {
    token: {
      issuer: "https://login.metro-pay.example",
      audience: "metro-pay",
      jwksUrl: "https://login.metro-pay.example/.well-known/jwks.json",
    },
    channelUrls: { wechat: "https://api.mch.weixin.qq.com" },
    speed: 1,
    throttle: { ratePerSecond: 3000, burst: 3000 },
    // What comes in without a signature or token of ours.
    routeThrottles: {
      "GET /metro/payment/v1/keys": { ratePerSecond: 100, burst: 200 },
      "POST /metro/payment/v1/notify/wechat/{merchant_id}/{account_id}/{version}": {
        ratePerSecond: 500,
        burst: 1000,
      },
    },
    // Fits the usual quota of 1,000 calls at once, and leaves the others a tenth of it. A channel that falls
    // silent uses up what asks and undoes, never what pays; a heap of work uses up neither. What the app alone shows
    // shares the rest: looking at it a thousand times at once keeps nobody from paying.
    reservedConcurrency: {
      applypay: 250,
      code: 60,
      queryuid: 20,
      keys: 10,

      orderquery: 80,
      reverse: 50,
      notifywechat: 40,
      poll: 100,
      undo: 50,
      refund: 30,
      refundquery: 10,
      finishrefund: 20,

      effects: 40,
      recovery: 20,
      notify: 24,
      makebills: 20,
      // It waits for merchants, within the customers' calls.
      memberships: 20,
      deadletters: 10,
      undofailed: 10,
      refundfailed: 10,
      daily: 1,
      watch: 1,
      platformkeys: 1,
    },
    schedules: {
      daily: { cron: "0 1,13 * * ? *", timeZone: "Asia/Shanghai" },
      watch: { cron: "0/5 * * * ? *", timeZone: "Asia/Shanghai" },
      platformKeys: { cron: "0 10 * * ? *", timeZone: "Asia/Shanghai" },
      // At two; later in the day what is missing then, and the bills of other time zones.
      bills: { cron: "0 2,4,8,14,20 * * ? *", timeZone: "Asia/Shanghai" },
    },
    // Records of sales are to be kept for three years at least (E-Commerce Law of the PRC, article 31).
    billLock: { mode: "governance", days: 1_100 },
    runtime: "nodejs24.x",
    architecture: "arm64",
    tracing: false,
    logDays: 180,
    keepData: true,
    templateChecks: true,
  },
  test: {
    token: {
      issuer: "https://login.test.metro-pay.example",
      audience: "metro-pay",
      jwksUrl: "https://login.test.metro-pay.example/.well-known/jwks.json",
    },
    channelUrls: { wechat: "https://wechat.test.metro-pay.example" },
    speed: 1,
    throttle: { ratePerSecond: 200, burst: 200 },
    schedules: {
      daily: { cron: "0 1,13 * * ? *", timeZone: "Asia/Shanghai" },
      watch: { cron: "0/5 * * * ? *", timeZone: "Asia/Shanghai" },
      platformKeys: { cron: "0 10 * * ? *", timeZone: "Asia/Shanghai" },
      // At two; later in the day what is missing then, and the bills of other time zones.
      bills: { cron: "0 2,4,8,14,20 * * ? *", timeZone: "Asia/Shanghai" },
    },
    runtime: "nodejs24.x",
    architecture: "arm64",
    tracing: false,
    logDays: 14,
    keepData: false,
    templateChecks: true,
  },
  /** One machine. Its start overrides the addresses, since it knows the ports only then. */
  local: {
    publicUrl: "http://127.0.0.1:8787",
    token: {
      issuer: "http://127.0.0.1:8787",
      audience: "metro-pay",
      jwksUrl: "http://127.0.0.1:8787/local/jwks.json",
    },
    channelUrls: { wechat: "http://127.0.0.1:8787/local/channels/wechat" },
    notifyLoopback: true,
    speed: 1,
    throttle: { ratePerSecond: 10_000, burst: 10_000 },
    schedules: {
      daily: { cron: "0 1,13 * * ? *", timeZone: "Asia/Shanghai" },
      watch: { cron: "0/5 * * * ? *", timeZone: "Asia/Shanghai" },
      platformKeys: { cron: "0 10 * * ? *", timeZone: "Asia/Shanghai" },
      // At two; later in the day what is missing then, and the bills of other time zones.
      bills: { cron: "0 2,4,8,14,20 * * ? *", timeZone: "Asia/Shanghai" },
    },
    runtime: "nodejs24.x",
    architecture: "arm64",
    tracing: false,
    logDays: 1,
    keepData: false,
    templateChecks: true,
  },
}
