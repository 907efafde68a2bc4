/** The command was written wrongly: one line that says how, status 2, and nothing was done. */
export class UsageError extends Error {
  override name = "UsageError"
}
