import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import type { DynamoDBRecord } from "aws-lambda"
import type { PhoneChange } from "../domain/member-events.ts"
import { MEMBERSHIP_PREFIX, PHONE_PREFIX } from "../persistence/keys.ts"
import { decodeMembership } from "../persistence/membership-store.ts"
import { decodePhoneChange } from "../persistence/phone-store.ts"
import type { MembershipChange } from "../usecases/tell-members.ts"

/** The change of a membership in a stream record; undefined where the item is none. */
export function membershipChangeIn({ dynamodb: change }: DynamoDBRecord): MembershipChange | undefined {
  if (!change?.NewImage || !change.Keys?.sk?.S?.startsWith(MEMBERSHIP_PREFIX)) return undefined
  const after = decodeMembership(change.NewImage as Record<string, AttributeValue>)
  const before = change.OldImage && decodeMembership(change.OldImage as Record<string, AttributeValue>)
  return { before, after }
}

/**
 * A customer's changed phone number; undefined where the item is none, it is the same number sealed anew, or the first: without
 * one nobody is a member of anything.
 */
export function phoneChangeIn({ dynamodb: change }: DynamoDBRecord): PhoneChange | undefined {
  if (!change?.NewImage || !change.Keys?.pk?.S?.startsWith(PHONE_PREFIX)) return undefined
  const after = decodePhoneChange(change.NewImage as Record<string, AttributeValue>)
  if (!change.OldImage) return undefined
  const before = decodePhoneChange(change.OldImage as Record<string, AttributeValue>)
  return before.changedAtMs === after.changedAtMs ? undefined : after
}
