/**
 * Which addresses of merchants are posted to. They come from outside, and what runs here may reach what outsiders may not:
 * the cloud's own metadata, the network it runs in, this machine. So a name is resolved once, every address it has is
 * checked, and the connection goes to exactly those.
 */
import ipaddr from "ipaddr.js"

/** `loopback`: this machine's own addresses and plain http to them, for trials on one machine. */
export type AddressRules = { loopback: boolean }

/** Everything that a name means; empty where there is no such name. */
export type ResolveName = (hostname: string) => Promise<string[]>

export type CheckedEndpoint = { ok: true; url: URL; addresses: string[] } | { ok: false; why: string }

/** All of IPv6 that is in use between networks (RFC 4291, IANA's register of global unicast space). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3")

/** Whether that IP address may be posted to. Anything that has a special meaning may not, by whatever spelling. */
export function isAllowedAddress(address: string, { loopback }: AddressRules): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  const range = parsed.range()
  if (range === "loopback") return loopback
  if (range !== "unicast") return false
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6)
}

/** What is wrong with an address before anybody asks whose it is; undefined where nothing is. */
export function refusalOfUrl(url: URL, rules: AddressRules): string | undefined {
  const local = rules.loopback && isLoopbackName(url.hostname)
  if (url.protocol !== "https:" && !(local && url.protocol === "http:")) return "not https"
  if (url.username !== "" || url.password !== "") return "credentials in the address"
  if (!local && !isAllowedPort(url.port)) return "port not allowed"
  const literal = literalOf(url.hostname)
  if (literal !== undefined && !isAllowedAddress(literal, rules)) return "address not allowed"
  return undefined
}

/** The endpoint with the addresses that it may be reached at. Throws only what `resolve` throws. */
export async function checkEndpoint(
  address: string,
  rules: AddressRules,
  resolve: ResolveName,
): Promise<CheckedEndpoint> {
  if (!URL.canParse(address)) return { ok: false, why: "address unreadable" }
  const url = new URL(address)
  const why = refusalOfUrl(url, rules)
  if (why !== undefined) return { ok: false, why }
  const addresses = await addressesOf(url.hostname, resolve)
  if (addresses.length === 0) return { ok: false, why: "name not found" }
  // One bad one among them is enough: nobody needs a name that is half inside.
  if (!addresses.every((it) => isAllowedAddress(it, rules))) return { ok: false, why: "address not allowed" }
  return { ok: true, url, addresses }
}

async function addressesOf(hostname: string, resolve: ResolveName): Promise<string[]> {
  const literal = literalOf(hostname)
  if (literal !== undefined) return [literal]
  return isLocalhost(hostname) ? ["127.0.0.1", "::1"] : resolve(hostname)
}

/** Everything below 1024 belongs to other protocols but https's own. */
function isAllowedPort(port: string): boolean {
  return port === "" || port === "443" || Number(port) >= 1024
}

/** The IP address that stands for a name, without the brackets that URLs put around IPv6. */
function literalOf(hostname: string): string | undefined {
  const bare = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname
  return ipaddr.isValid(bare) ? bare : undefined
}

function isLoopbackName(hostname: string): boolean {
  const literal = literalOf(hostname)
  return literal === undefined ? isLocalhost(hostname) : ipaddr.parse(literal).range() === "loopback"
}

/** RFC 6761: never asked of anybody. */
function isLocalhost(hostname: string): boolean {
  return /^(.+\.)?localhost\.?$/.test(hostname)
}
