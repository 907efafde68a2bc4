import { keyIdFrom } from "./api-keys-add.ts"
import { changeMerchant, type Planned } from "./change-merchant.ts"
import type { Command } from "./command.ts"

/** H3: a key that is not the merchant's alone any more, or was replaced. */
export const apiKeysRevoke: Command = {
  name: "api-keys revoke",
  words: "M KEY_ID",
  summary: "Refuses every call signed with a key, for good",
  details: [
    "Payments are refused from the next call on (KEY_UNKNOWN), all other calls after 10 seconds at the latest.",
    "A merchant's last live key is revoked only with --force: without one it can call nothing.",
  ],
  takes: ["force", "operator", "reason", "yes", "json"],
  wordCount: { min: 2, max: 2 },
  async run(request, desk, terminal) {
    const keyId = keyIdFrom(request.words[1])
    return changeMerchant(request, desk, terminal, (seen): Planned => {
      const { merchantId, apiKeys } = seen
      const key = apiKeys.find((it) => it.keyId === keyId)
      if (!key) return { ok: false, why: `${merchantId} has no key ${keyId}` }
      if (key.revoked) return { ok: false, why: `${keyId} is revoked already` }
      const left = apiKeys.flatMap((it) => (it.revoked || it === key ? [] : it.keyId))
      if (left.length === 0 && !request.force) {
        return {
          ok: false,
          why: `${keyId} is the last live key of ${merchantId}: add another first, or write --force to lock the merchant out`,
        }
      }
      return {
        ok: true,
        change: {
          action: "api-keys revoke",
          subject: `${merchantId}/${keyId}`,
          what: `live keys left: ${left.length}`,
          ask: {
            about: [
              `key      ${keyId}`,
              `left     ${left.join(", ") || "none: it can call nothing any more"}`,
            ],
            question: `Every till that signs with ${keyId} stops working, and the key can never come back. Revoke it?`,
          },
          write: () => desk.merchants.revokeApiKey(seen, keyId, desk.clock.nowMs()),
          done: [`${merchantId}/${keyId} is revoked.`],
          json: { keyId, live: left },
        },
      }
    })
  },
}
