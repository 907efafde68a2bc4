/** What is to be worked on cannot be reached: one line that says what to do, status 1. */
export class TargetError extends Error {
  override name = "TargetError"
}
