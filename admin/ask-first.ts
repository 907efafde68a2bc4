import type { Answer } from "./command.ts"
import type { Terminal } from "./terminal.ts"

/** What a person reads before they decide: what it is about, a line each, and what will happen. */
export type Asked = { about: readonly string[]; question: string }

/** H7: the answer where the person does not agree, or where there is none to ask; undefined where it may be done. */
export async function askFirst(
  { about, question }: Asked,
  { yes }: { yes: boolean },
  terminal: Terminal,
): Promise<Answer | undefined> {
  if (yes) return undefined
  if (!terminal.interactive) {
    return { ok: false, why: "there is no terminal to ask on: write --yes if it shall be done" }
  }
  for (const line of about) terminal.say(line)
  return (await terminal.confirm(question))
    ? undefined
    : { ok: false, why: "not confirmed: nothing was done" }
}
