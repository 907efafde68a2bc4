/**
 * Stands in for the SDK's discovery of endpoints (infra/bundle.ts), which asks a service for the address to call it at.
 * DynamoDB neither needs nor, by default, uses it; with the caches it brings it would be 8 KB of every bundle.
 */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
}

export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config
