import {
  AUDIT_LEVELS,
  type AuditLevel,
  type AuditProbe,
  type ProbeResult,
  type ProbeSending,
} from '../domain/audit-probe.ts'
import type { Event } from '../domain/event.ts'

/** Probes of an audit log: which were sent, and which came back. */
export interface AuditProbes extends ProbeSending {
  /**
   * Whether the event is the record of a probe that was sent: by who sent it, to the very URI, which nobody else can
   * know before it is logged, and once for each stage. Notes that it came back.
   */
  take(event: Pick<Event, 'source' | 'record'>): boolean
  /** The newest of each probe that is decided: it came back, or its time is over; `now` in ms. */
  results(now: number): readonly ProbeResult[]
}

/** Of those that were sent, the newest are known: each for longer than any record is on its way. */
const MOST = 512

interface Sent {
  readonly probe: AuditProbe
  readonly user: string
  readonly cluster: string
  readonly at: number
  readonly until: number
  readonly stages: Set<string>
  came: ProbeResult['came']
}

export function createAuditProbes(): AuditProbes {
  // by URI, in the order in which they were sent
  const known = new Map<string, Sent>()
  return {
    sent(probe, at, { uri, user, cluster, until }) {
      known.set(uri, { probe, user, cluster, at, until, stages: new Set(), came: undefined })
      const [oldest] = known.keys()
      if (known.size > MOST && oldest !== undefined) known.delete(oldest)
    },
    take({ source, record }) {
      if (source !== 'kubernetes.audit' || known.size === 0) return false
      const said = (record ?? {}) as Readonly<Record<string, unknown>>
      const { requestURI, verb, stage, level, user, impersonatedUser } = said
      const sent = typeof requestURI === 'string' ? known.get(requestURI) : undefined
      const { username } = (user ?? {}) as { readonly username?: unknown }
      if (sent === undefined || username !== sent.user || verb !== sent.probe.verb) return false
      // what is said again, or by others in this one's name, is evaluated as anything else
      const which = typeof stage === 'string' ? stage : ''
      if (impersonatedUser !== undefined || sent.stages.has(which)) return false
      sent.stages.add(which)
      sent.came = better(sent.came, {
        level: AUDIT_LEVELS.find((each) => each === level) ?? 'Metadata',
        stage: which,
        body: said['requestObject'] !== undefined,
      })
      return true
    },
    results(now) {
      const newest = new Map<string, ProbeResult>()
      for (const { probe, cluster, at, until, came } of known.values())
        if (came !== undefined || now > until)
          newest.set(`${cluster}\n${probe.id}`, { probe, cluster, sent: at, came })
      return [...newest.values()]
    },
  }
}

function better(one: ProbeResult['came'], other: NonNullable<ProbeResult['came']>): ProbeResult['came'] {
  return one === undefined || rank(other.level) > rank(one.level) ? other : one
}

/** Whether a level has all that another has. */
export function isEnough(level: AuditLevel, needed: AuditLevel): boolean {
  return rank(level) >= rank(needed)
}

function rank(level: AuditLevel): number {
  return AUDIT_LEVELS.indexOf(level)
}
