import assert from "node:assert/strict"
import { test } from "node:test"
import { type AddressRules, checkEndpoint, isAllowedAddress, refusalOfUrl } from "./endpoint-address.ts"

const DEPLOYED: AddressRules = { loopback: false }
const LOCAL: AddressRules = { loopback: true }
const nowhere = async () => []

/** First and last of each range with a special meaning, as IANA's registers have them. */
const SPECIAL: readonly [what: string, ...addresses: string[]][] = [
  ["this network", "0.0.0.0", "0.255.255.255"],
  ["private", "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"],
  ["shared by a carrier", "100.64.0.0", "100.127.255.255"],
  ["link-local, the cloud's metadata", "169.254.0.0", "169.254.169.254", "169.254.170.2", "169.254.255.255"],
  ["protocol assignments", "192.0.0.0", "192.0.0.255"],
  ["documentation", "192.0.2.1", "198.51.100.1", "203.0.113.255"],
  ["6to4 relays", "192.88.99.1"],
  ["AS112", "192.31.196.1", "192.175.48.1"],
  ["AMT", "192.52.193.1"],
  ["benchmarks", "198.18.0.0", "198.19.255.255"],
  ["multicast", "224.0.0.0", "239.255.255.255"],
  ["reserved", "240.0.0.0", "255.255.255.254"],
  ["broadcast", "255.255.255.255"],
  ["unspecified, IPv6", "::"],
  ["IPv4-mapped", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe"],
  ["IPv4-compatible", "::7f00:1", "::8.8.8.8"],
  ["translated", "64:ff9b::a00:1", "64:ff9b:1::1", "::ffff:0:808:808"],
  ["discard", "100::1"],
  ["Teredo and protocols", "2001::1", "2001:2::1", "2001:3::1", "2001:10::1", "2001:20::1", "2001:1ff::1"],
  ["documentation, IPv6", "2001:db8::1", "3fff::1"],
  ["6to4", "2002:7f00:1::1"],
  ["segment routing", "5f00::1"],
  ["unique local, the cloud's metadata", "fc00::1", "fd00:ec2::254", "fdff::1"],
  ["link-local, IPv6", "fe80::1", "febf::1"],
  ["site-local", "fec0::1"],
  ["multicast, IPv6", "ff02::1"],
  ["outside of what is in use", "4000::1", "1::1", "e000::1"],
  ["no address", "", "localhost", "1.2.3.4.5", "example.com"],
]

for (const [what, ...addresses] of SPECIAL) {
  test(`refused, on one machine too: ${what}`, () => {
    for (const address of addresses) {
      assert.equal(isAllowedAddress(address, DEPLOYED), false, address)
      assert.equal(isAllowedAddress(address, LOCAL), false, address)
    }
  })
}

test("loopback is allowed on one machine only", () => {
  for (const address of ["127.0.0.1", "127.255.255.255", "::1"]) {
    assert.equal(isAllowedAddress(address, DEPLOYED), false, address)
    assert.equal(isAllowedAddress(address, LOCAL), true, address)
  }
})

test("public addresses are allowed", () => {
  for (const address of ["8.8.8.8", "1.1.1.1", "223.5.5.5", "172.15.255.255", "172.32.0.0", "2400:3200::1"])
    assert.equal(isAllowedAddress(address, DEPLOYED), true, address)
})

/** Seeded, so that a failure is seen again. */
function* numbers(count: number): Generator<number> {
  let state = 20_250_601
  for (let index = 0; index < count; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state
  }
}

test("whatever IPv4 address it is, its spelling within IPv6 is refused", () => {
  for (const number of numbers(2_000)) {
    const bytes = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255)
    const hex = [bytes.slice(0, 2), bytes.slice(2)].map((pair) => Buffer.from(pair).toString("hex")).join(":")
    for (const address of [`::ffff:${bytes.join(".")}`, `::${hex}`, `64:ff9b::${hex}`, `2002:${hex}::1`])
      assert.equal(isAllowedAddress(address, LOCAL) && address !== "::1", false, address)
  }
})

test("addresses in private networks are refused, whichever they are", () => {
  for (const number of numbers(2_000)) {
    const [b, c, d] = [16, 8, 0].map((shift) => (number >>> shift) & 255)
    for (const address of [
      `10.${b}.${c}.${d}`,
      `127.${b}.${c}.${d}`,
      `192.168.${c}.${d}`,
      `169.254.${c}.${d}`,
    ])
      assert.equal(isAllowedAddress(address, DEPLOYED), false, address)
  }
})

const REFUSED_URLS: readonly [url: string, why: string][] = [
  ["http://shop.example/n", "not https"],
  ["ftp://shop.example/n", "not https"],
  ["file:///etc/passwd", "not https"],
  ["https://user:secret@shop.example/n", "credentials in the address"],
  ["https://user@shop.example/n", "credentials in the address"],
  ["https://shop.example:22/n", "port not allowed"],
  ["https://shop.example:80/n", "port not allowed"],
  ["https://10.0.0.1/n", "address not allowed"],
  ["https://2130706433/n", "address not allowed"],
  ["https://0x7f.1/n", "address not allowed"],
  ["https://0251.0376.0251.0376/n", "address not allowed"],
  ["https://[::1]/n", "address not allowed"],
  ["https://[::ffff:169.254.169.254]/n", "address not allowed"],
  ["https://[fd00:ec2::254]/latest/meta-data/", "address not allowed"],
]

for (const [url, why] of REFUSED_URLS)
  test(`refused at once: ${url}`, () => assert.equal(refusalOfUrl(new URL(url), DEPLOYED), why))

test("accepted: https at its port or a high one, by name or public address", () => {
  for (const url of ["https://shop.example/n?x=1", "https://shop.example:8443/", "https://223.5.5.5/"])
    assert.equal(refusalOfUrl(new URL(url), DEPLOYED), undefined, url)
})

test("on one machine http is accepted there and nowhere else", () => {
  for (const url of ["http://127.0.0.1:9000/n", "http://localhost:9000/n", "http://[::1]:9000/n"])
    assert.equal(refusalOfUrl(new URL(url), LOCAL), undefined, url)
  for (const url of ["http://shop.example/n", "http://192.168.1.2/n", "http://localhost.example/n"])
    assert.notEqual(refusalOfUrl(new URL(url), LOCAL), undefined, url)
})

test("a name is reached at the addresses that were checked, and at no other", async () => {
  const checked = await checkEndpoint("https://shop.example/n", DEPLOYED, async () => [
    "223.5.5.5",
    "1.1.1.1",
  ])
  assert.deepEqual(checked.ok && checked.addresses, ["223.5.5.5", "1.1.1.1"])
})

test("a name that leads inside with one of its addresses is refused", async () => {
  for (const inside of ["127.0.0.1", "169.254.169.254", "10.1.2.3", "::1", "fe80::1", "::ffff:10.0.0.1"]) {
    const checked = await checkEndpoint("https://shop.example/n", DEPLOYED, async () => ["223.5.5.5", inside])
    assert.deepEqual(checked, { ok: false, why: "address not allowed" }, inside)
  }
})

test("localhost is asked of nobody and refused where deployed", async () => {
  const asked = () => assert.fail("asked")
  for (const name of ["localhost", "a.localhost", "localhost."]) {
    const checked = await checkEndpoint(`https://${name}/n`, DEPLOYED, asked)
    assert.deepEqual(checked, { ok: false, why: "address not allowed" }, name)
  }
})

test("a name that there is none of is said to be none", async () => {
  const checked = await checkEndpoint("https://shop.example/n", DEPLOYED, nowhere)
  assert.deepEqual(checked, { ok: false, why: "name not found" })
})
