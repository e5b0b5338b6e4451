import type { Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import type { Beginning } from './agent-hello.ts'
import type { RegisteredAgent } from './agent-registry.ts'

/** What is told of an agent itself. `since` and `until` in ms. */
interface Interval {
  readonly since: number
  readonly until: number
}

/** Nothing is heard of an agent; the same finding until it is back: its interval grows. */
export function cutFinding(agent: RegisteredAgent, { since, until }: Interval, isOver: boolean): Finding {
  return {
    id: digest('agent-cut', agent.name, String(since)),
    ...about(agent),
    kind: 'coverage-lost',
    since,
    until,
    message:
      'nothing is heard of the agent: what its inputs deliver meanwhile is kept on its machine, and comes when it is back',
    ...(isOver && { closed: true as const }),
  }
}

const BEGAN: Readonly<Record<Beginning, string>> = {
  new: 'the agent began a new spool: what the one before still held, if anything, is lost, and its inputs began anew',
  restored:
    'the agent’s spool went back in time, as it does when an older copy of its disk is put back: what it had delivered since is taken anew, so that some of it may be told twice',
  forked:
    'the agent’s spool holds something else than what was taken from it, as it does when an older copy of its disk is put back: all that it holds is taken anew, so that some of it may be told twice',
  unknown:
    'the agent had delivered before what this data folder does not hold: that is not seen here, unless its files are read again',
}

/** An agent and what is known of it did not go together. */
export function beganFinding(
  agent: RegisteredAgent,
  begins: Beginning,
  spool: string,
  { since, until }: Interval,
): Finding {
  return {
    id: digest('agent-began', agent.name, spool),
    ...about(agent),
    kind: 'unobserved-interval',
    since: Math.min(since, until),
    until,
    message: BEGAN[begins],
  }
}

/** Records of an input of the agent that could not be kept. */
export function lostFinding(
  agent: RegisteredAgent,
  member: string,
  {
    count,
    number,
    spool,
    isTooLarge,
  }: {
    readonly count: number
    readonly number: number
    readonly spool: string
    /** Not for want of room. */
    readonly isTooLarge: boolean
  },
  { since, until }: Interval,
): Finding {
  const why = isTooLarge
    ? 'the daemon does not take so much at once: raise limits of its input of type agents'
    : 'more arrived than its agent could keep'
  return {
    id: digest('agent-lost', agent.name, spool, String(number)),
    ...about(agent),
    about: member,
    kind: 'unobserved-interval',
    since: Math.min(since, until),
    until,
    message: `${count} records were lost on ${agent.host}: ${why}`,
  }
}

/** Told once an hour: times in what it tells are its clock's. */
export function skewFinding(agent: RegisteredAgent, skew: number, at: number): Finding {
  const seconds = Math.round(Math.abs(skew) / 1_000)
  return {
    id: digest('agent-clock', agent.name, String(Math.floor(at / 3_600_000))),
    ...about(agent),
    kind: 'bound-reached',
    since: at,
    until: at,
    message: `the clock of its machine is ${seconds} s ${skew > 0 ? 'ahead' : 'behind'}: times of what it tells are wrong by that, and correlations with what others tell may miss`,
  }
}

function about({ name, host, node, cluster }: RegisteredAgent): Pick<Finding, 'about' | 'resource'> {
  return {
    about: name,
    resource: {
      'host.name': host,
      ...(node !== undefined && { 'k8s.node.name': node }),
      ...(cluster !== undefined && { 'k8s.cluster.name': cluster }),
    },
  }
}
