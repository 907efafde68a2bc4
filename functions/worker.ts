/** Work that nobody waits for: a message, a step of a workflow, a run of a schedule. */
import { type CallLog, callLog, redacted } from "../http/call-log.ts"
import { trace } from "./tracing.ts"

/**
 * Does one piece of work and logs what became of it: a line for each order that it changed, whatever happened afterwards,
 * and its fault. A fault goes on, redacted, since the runtime logs what a function throws.
 * @param id of the message or invocation
 */
export async function work<T>(call: string, id: string, run: (log: CallLog) => Promise<T>): Promise<T> {
  const log = callLog(call, id)
  const logged = async () => {
    try {
      return await run(log)
    } catch (fault) {
      log.fault(fault)
      throw redacted(fault)
    } finally {
      for (const facts of log.endChanges()) trace?.annotate(facts)
    }
  }
  return trace ? trace.around(call, logged) : logged()
}
