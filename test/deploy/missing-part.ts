/** What this machine lacks for the test, in one line meant for people. */
export class MissingPart extends Error {
  override name = "MissingPart"
}
