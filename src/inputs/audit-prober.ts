import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { AUDIT_PROBES, type ProbeSending } from '../domain/audit-probe.ts'
import type { Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import { ClusterError, type ClusterApi } from './cluster-api.ts'

export interface ProbingOptions {
  /** Where it is noted what is sent. */
  readonly log: ProbeSending
  /** A namespace in which nothing can be made. */
  readonly namespace: string
  /** From one round to the next, and for how long a record may be on its way, ms. */
  readonly every: number
  readonly within: number
}

interface Prober extends ProbingOptions {
  readonly about: string
  readonly api: ClusterApi
  readonly cluster: string
  readonly now: () => number
  readonly signal: AbortSignal
}

const WHOAMI = '/apis/authentication.k8s.io/v1/selfsubjectreviews'

/**
 * Sends each probe, round after round. What is answered does not matter: a request that is refused is logged as any
 * other. Yields a finding where it is not known whose name the log will give them: nothing is sent then.
 */
export async function* probing(prober: Prober): AsyncGenerator<Finding> {
  const { about, api, cluster, log, namespace, every, within, now, signal } = prober
  while (!signal.aborted) {
    try {
      const user = await ownName(api, signal)
      for (const probe of AUDIT_PROBES) {
        if (probe.served !== undefined && !(await isServed(api, probe.served, signal))) continue
        const name = `tallyman-probe-${randomBytes(16).toString('hex')}`
        const { path, body } = probe.request(name, namespace)
        const at = now()
        log.sent(probe, at, { uri: path, user, cluster, until: at + within })
        await api.send(path, {
          method: probe.method,
          signal,
          ...(body !== undefined && { body }),
          ...(probe.type !== undefined && { type: probe.type }),
        })
      }
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ClusterError)) throw cause
      yield unsent(about, now(), cause)
    }
    await sleep(every, undefined, { signal }).catch(() => {})
  }
}

/** Whoever is known may ask which groups of resources there are. */
async function isServed(api: ClusterApi, path: string, signal: AbortSignal): Promise<boolean> {
  const { status } = await api.send(path, { method: 'GET', signal })
  return status === 200
}

async function ownName(api: ClusterApi, signal: AbortSignal): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const { status, json } = await api.send(WHOAMI, { method: 'POST', body, signal })
  const { status: review } = (json ?? {}) as { status?: { userInfo?: { username?: unknown } } }
  const username = review?.userInfo?.username
  if (typeof username === 'string' && username !== '') return username
  throw new ClusterError(`${WHOAMI} answers ${status} and not who asks`, status)
}

function unsent(about: string, at: number, cause: ClusterError): Finding {
  return {
    id: digest('probes-unsent', about, String(Math.floor(at / 3_600_000))),
    kind: 'coverage-lost',
    about,
    since: at,
    until: at,
    message: `the audit log is not probed: ${cause.message}`,
  }
}
