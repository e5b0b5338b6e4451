import { describe, expect, it } from 'vitest'
import { AUDIT_PROBES, type AuditProbe } from '../domain/audit-probe.ts'
import { createAuditProbes, type AuditProbes } from './audit-probes.ts'

const T = 1_795_200_000_000
const [SECRETS, EXEC] = AUDIT_PROBES as readonly [AuditProbe, AuditProbe]
const URI = '/api/v1/namespaces/tallyman-probes/secrets/tallyman-probe-0123'

function sent(probe: AuditProbe = SECRETS, uri = URI, at = T): AuditProbes {
  const probes = createAuditProbes()
  probes.sent(probe, at, { uri, user: 'tallyman', cluster: 'prod', until: at + 300_000 })
  return probes
}

function record(parts: Readonly<Record<string, unknown>> = {}) {
  return {
    source: 'kubernetes.audit' as const,
    record: {
      level: 'Metadata',
      stage: 'ResponseComplete',
      verb: 'get',
      requestURI: URI,
      user: { username: 'tallyman' },
      ...parts,
    },
  }
}

describe('what is taken as a probe', () => {
  it('is what was sent, by who sent it, once for each stage', () => {
    const probes = sent()
    expect(probes.take(record())).toBe(true)
    expect(probes.take(record())).toBe(false)
    expect(probes.take(record({ stage: 'ResponseStarted' }))).toBe(true)
    expect(probes.results(T + 1)).toEqual([
      {
        probe: SECRETS,
        cluster: 'prod',
        sent: T,
        came: { level: 'Metadata', stage: 'ResponseComplete', body: false },
      },
    ])
  })

  it.each([
    ['another user', { user: { username: 'mallory' } }],
    ['somebody who acts as that user', { impersonatedUser: { username: 'cluster-admin' } }],
    ['another verb', { verb: 'delete' }],
    ['another request in the same place', { requestURI: URI.replace('0123', '0124') }],
    ['more than was sent', { requestURI: `${URI}?command=sh` }],
    ['what is no text', { requestURI: { toString: 1 }, user: null }],
    ['nothing at all', { requestURI: undefined }],
  ])('is not %s', (_what, parts) => {
    const probes = sent()
    expect(probes.take(record(parts))).toBe(false)
    expect(probes.results(T + 1)).toEqual([])
  })

  it('is nothing of another source', () => {
    expect(sent().take({ ...record(), source: 'falco' })).toBe(false)
    expect(sent().take({ source: 'kubernetes.audit', record: undefined })).toBe(false)
  })
})

it('is missing once its time is over, and the newest of a kind decides', () => {
  const probes = sent(EXEC, '/old')
  expect(probes.results(T + 300_000)).toEqual([])
  expect(probes.results(T + 300_001)).toMatchObject([{ probe: EXEC, came: undefined }])
  probes.sent(EXEC, T + 400_000, { uri: '/new', user: 'tallyman', cluster: 'prod', until: T + 700_000 })
  expect(probes.results(T + 400_001)).toMatchObject([{ sent: T }])
  expect(probes.take(record({ requestURI: '/new' }))).toBe(true)
  expect(probes.results(T + 400_002)).toMatchObject([{ sent: T + 400_000, came: { level: 'Metadata' } }])
})

it('remembers a bounded number', () => {
  const probes = createAuditProbes()
  for (let n = 0; n < 5_000; n += 1)
    probes.sent(SECRETS, T, { uri: `/${n}`, user: 'tallyman', cluster: '', until: T })
  expect(probes.take(record({ requestURI: '/0' }))).toBe(false)
  expect(probes.take(record({ requestURI: '/4999' }))).toBe(true)
})
