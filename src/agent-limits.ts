import { instant } from './domain/alert-view.ts'
import { bytes } from './domain/bytes.ts'
import { durationWords } from './domain/day.ts'
import type { AgentStatus } from './inputs/agent-status.ts'
import type { Limit } from './limit.ts'

/** Clocks that differ by more make correlations miss, ms. */
const SKEW = 10_000

/** What limits conclusions about the machines of agents. */
export function* agentLimits(agents: readonly AgentStatus[]): Iterable<Limit> {
  for (const { name, host, state, contact, spool, full, skew } of agents) {
    const about = `agent ${name}`
    if (state === 'never')
      yield {
        kind: 'blind',
        severity: 'note',
        about,
        message: 'may send, and was never heard',
        mend: `start 'tallyman agent --to …' on ${host}, or 'tallyman agent remove ${name}'`,
        short: 'never heard',
      }
    if (state === 'cut' && contact !== undefined)
      yield {
        kind: 'blind',
        severity: 'warning',
        about,
        message: `is not heard since ${instant(contact)}: nothing comes of ${host}`,
        mend: 'see that it runs and reaches this machine; what it keeps meanwhile comes when it does',
        short: 'not heard',
      }
    if (full !== undefined)
      yield {
        kind: 'full',
        severity: 'warning',
        about,
        message: `its spool has no room since ${instant(full)} (${bytes(spool.bytes)} of ${bytes(spool.bound)}): inputs are held back, and what cannot wait is lost and counted`,
        mend: `free space on ${host}, or raise --spool; see that it reaches this machine`,
        short: 'no room in its spool',
      }
    if (Math.abs(skew) > SKEW)
      yield {
        kind: 'missed',
        severity: 'warning',
        about,
        message: `the clock of ${host} is ${durationWords(Math.abs(skew))} ${skew > 0 ? 'ahead' : 'behind'}`,
        mend: 'set it right: times of what it tells are wrong by that, and correlations may miss',
        short: 'its clock is wrong',
      }
  }
}
