import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { after, test } from "node:test"
import { admin } from "./running-admin.ts"
import { terminalOf } from "./terminal.ts"
import { inWords, localTime } from "./times.ts"

const empty = mkdtempSync(join(tmpdir(), "admin-"))
after(() => rmSync(empty, { recursive: true }))

const NUMBER = "92243371668635935577005983"
const who = ["--operator", "li.na", "--reason", "customer asks"]

const merchant = (...args: string[]) => ["merchants", ...args]
const shop = (...args: string[]) => ["shops", "set", "M9", "S1", ...args, ...who]
const account = (...args: string[]) => ["accounts", "set", "M9", ...args, ...who]

const refusals: [string, string[], RegExp][] = [
  ["no command", [], /a command is missing/],
  ["an unknown command", ["refund"], /no command "refund"/],
  ["an unknown option", ["exceptions", "--hurry"], /'--hurry'/],
  ["half a name", ["merchants"], /merchants what\? merchants list, .*; merchants --help tells more/],
  ["a wrong second word", ["shops", "add"], /no command "shops add"; shops knows: list, set, remove/],
  ["a name of blanks", merchant("add", "M9", "--name", " ", ...who), /--name is a text of 1 to 64/],
  ["a huge name", merchant("add", "M9", "--name", "字".repeat(65), ...who), /1 to 64/],
  ["a name that rings a bell", merchant("add", "M9", "--name", "\u0007", ...who), /printable/],
  ["a name with a phone number", merchant("add", "M9", "--name", "店13800138000", ...who), /no phone/],
  ["a zone that is none", merchant("set", "M9", "--time-zone", "Asia/Nowhere", ...who), /--time-zone is/],
  ["a zone by its offset", merchant("set", "M9", "--time-zone", "+08:00", ...who), /--time-zone is/],
  ["an address that is none", merchant("set", "M9", "--membership-url", "shop", ...who), /an https address/],
  [
    "an address in clear",
    merchant("set", "M9", "--phone-url", "http://shop.example/", ...who),
    /an https address/,
  ],
  [
    "an address with a password",
    merchant("set", "M9", "--phone-url", "https://a:b@s.cn", ...who),
    /user name/,
  ],
  ["a change by nobody", merchant("enable", "M9", "--reason", "x"), /--operator NAME is needed/],
  ["a change without a reason", merchant("disable", "M9", "--operator", "x", "--yes"), /--reason TEXT/],
  ["a phone number that is none", shop("--phone", "call me"), /--phone is a phone number/],
  ["a latitude beyond the pole", shop("--latitude", "90.1"), /from -90 to 90/],
  ["a longitude that is none", shop("--longitude=NaN"), /from -180 to 180/],
  ["an amount with three decimals", shop("--average-spend", "1.005"), /in yuan/],
  ["a negative amount", shop("--average-spend=-1"), /in yuan/],
  [
    "a pay type that is none",
    account("wechat", "main", "--pay-types", "GOLD"),
    /a pay type is one of WECHAT/,
  ],
  ["a pay type twice", account("wechat", "main", "--pay-types", "WECHAT,CT_WECHAT"), /names one twice/],
  ["an option of another command", ["exceptions", "--reason", "x"], /takes no --reason/],
  ["a word too many", ["audit", "today"], /write: audit/],
  ["no number", ["order"], /write: order NUMBER/],
  ["no version", ["accounts", "use", "M9", "wechat", "main", ...who], /write: accounts use M CHANNEL/],
  ["no operator", ["requery", NUMBER, "--reason", "x"], /--operator NAME is needed/],
  ["an operator of control characters", ["requery", NUMBER, "--operator", "a\nb"], /printable/],
  ["an operator of 65 characters", ["requery", NUMBER, "--operator", "a".repeat(65)], /1 to 64/],
  ["no reason", ["reverse", NUMBER, "--operator", "li.na"], /--reason TEXT is needed/],
  [
    "a payment code as the reason",
    ["reverse", NUMBER, "--operator", "a", "--reason", "code 134567890123456789"],
    /no payment code/,
  ],
  ["a limit that is none", ["exceptions", "--limit", "0"], /--limit is a number/],
  ["a day that is none", ["audit", "--day", "2026-02-30"], /YYYY-MM-DD/],
  ["two targets", ["exceptions", "--data", "x", "--stage", "test"], /not both/],
]

for (const [what, args, says] of refusals) {
  test(`${what} is one clear line and status 2`, async () => {
    const { code, out, err } = await admin(args)
    assert.equal(code, 2)
    assert.equal(out, "")
    assert.match(err, /^metro-pay: [^\n]+\n$/)
    assert.match(err, says)
  })
}

test("a platform that does not run is one clear line and status 1", async () => {
  const { code, err } = await admin(["requery", NUMBER, ...who, "--data", empty])
  assert.equal(code, 1)
  assert.match(err, /^metro-pay: no local platform runs with the state folder [^\n]+\n$/)
})

test("a stage without credentials or region is one clear line that names what to set", async () => {
  const nobody = { HOME: empty, AWS_EC2_METADATA_DISABLED: "true" }
  const somebody = { AWS_ACCESS_KEY_ID: "A", AWS_SECRET_ACCESS_KEY: "S", HOME: empty }
  for (const env of [{ ...nobody, AWS_REGION: "eu-central-1" }, somebody]) {
    const { code, err } = await admin(["exceptions", "--stage", "test"], env)
    assert.equal(code, 1)
    assert.match(err, /^metro-pay: [^\n]+set AWS_PROFILE and AWS_REGION[^\n]+\n$/)
  }
})

test("each command explains itself without a platform", async () => {
  for (const args of [
    ["--help"],
    ["reverse", "--help"],
    ["merchants", "--help"],
    ["shops", "set", "--help"],
  ]) {
    const { code, out } = await admin(args)
    assert.equal(code, 0)
    assert.match(out, /^Usage: npm run admin -- /)
  }
})

test("only the word yes confirms", async () => {
  for (const [said, agreed] of [
    ["yes\n", true],
    ["y\n", false],
    ["\n", false],
    ["", false],
  ] as const) {
    const input = new PassThrough()
    const confirmed = terminalOf(input, new PassThrough()).confirm("Sure?")
    input.end(said)
    assert.equal(await confirmed, agreed, JSON.stringify(said))
  }
})

test("times are local and ages in words", () => {
  assert.equal(localTime(Date.UTC(2026, 6, 1, 16, 5, 9), "Asia/Shanghai"), "2026-07-02 00:05:09")
  assert.deepEqual([0, 1_000, 59_999, 60_000, 7_200_000, 86_400_000].map(inWords), [
    "a moment",
    "1 second",
    "59 seconds",
    "1 minute",
    "2 hours",
    "1 day",
  ])
})
