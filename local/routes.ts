/** A route as API Gateway writes it: "POST /path/{id}", "ANY /path/{rest+}" or "$default". */
export type RouteMatch<Target> = { target: Target; routeKey: string; pathParameters?: Record<string, string> }

type Route<Target> = { routeKey: string; target: Target; method: string; segments: string[]; greedy: boolean }

/**
 * Finds the route of a request as an HTTP API does: the most specific one, which is full matches before greedy ones before
 * $default, fixed segments before parameters, a method before ANY.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function routeTable<Target>(routes: readonly { routeKey: string; target: Target }[]) {
  const fallback = routes.find(({ routeKey }) => routeKey === "$default")
  const ranked = routes.filter(({ routeKey }) => routeKey !== "$default").map(parseRoute)
  ranked.sort((one, other) => (rank(one) < rank(other) ? -1 : 1))
  return (method: string, path: string): RouteMatch<Target> | undefined => {
    const segments = path.split("/").slice(1)
    for (const route of ranked) {
      if (route.method !== "ANY" && route.method !== method) continue
      const pathParameters = matchSegments(route, segments)
      if (!pathParameters) continue
      const { target, routeKey } = route
      return Object.keys(pathParameters).length > 0
        ? { target, routeKey, pathParameters }
        : { target, routeKey }
    }
    return fallback
  }
}

function parseRoute<Target>({ routeKey, target }: { routeKey: string; target: Target }): Route<Target> {
  const [method = "", path = ""] = routeKey.split(" ")
  return { routeKey, target, method, segments: path.split("/").slice(1), greedy: path.endsWith("+}") }
}

/** Sorts before what it is more specific than. */
function rank({ greedy, segments, method }: Route<unknown>): string {
  const kinds = segments.map((segment) => (segment.startsWith("{") ? "1" : "0")).join("")
  return `${greedy ? "1" : "0"}${kinds}${method === "ANY" ? "1" : "0"}`
}

function matchSegments(
  route: Route<unknown>,
  segments: readonly string[],
): Record<string, string> | undefined {
  if (route.greedy ? segments.length < route.segments.length : segments.length !== route.segments.length)
    return undefined
  const found: Record<string, string> = {}
  for (const [index, expected] of route.segments.entries()) {
    const given = segments[index] ?? ""
    const name = /^\{([^}+]+)\+?\}$/.exec(expected)?.[1]
    if (name === undefined) {
      if (given !== expected) return undefined
    } else if (given === "") return undefined
    else found[name] = expected.endsWith("+}") ? segments.slice(index).join("/") : given
  }
  return found
}
