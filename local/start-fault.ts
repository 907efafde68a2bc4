/**
 * Something about this machine keeps the platform from starting. Its message is one line that a person can act on; the
 * start shows it without a stack and ends with 1.
 */
export class StartFault extends Error {
  override name = "StartFault"
}
