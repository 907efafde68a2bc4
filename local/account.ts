/** The account and region that everything on this machine pretends to live in. The queue server knows no other account. */
export const LOCAL_ACCOUNT = "000000000000"
export const LOCAL_REGION = "us-east-1"

export type Credentials = { accessKeyId: string; secretAccessKey: string }

/** Where the local parts listen; the SDK reads the same from AWS_ENDPOINT_URL_*. */
export type Endpoints = { dynamodb: string; kms: string; s3: string; sfn: string; sqs: string }

/** Options of every SDK client that the platform itself makes. */
export function clientOptions(endpoint: string, credentials: Credentials) {
  return { endpoint, region: LOCAL_REGION, credentials }
}
