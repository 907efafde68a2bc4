import { fromEnv } from "@aws-sdk/credential-provider-env"

/**
 * Stands in for the SDK's chain of credential providers (infra/bundle.ts): Lambda hands credentials over in the environment,
 * and the chain's other links (profiles, SSO, instance metadata …) would be a fifth of every bundle.
 */
export const defaultProvider = () => fromEnv()
