import { expect, test } from 'vitest'
import { withBase } from './base-resource.ts'

const BASE = {
  'host.name': 'node-1',
  'k8s.node.name': 'n1',
  'k8s.cluster.name': 'prod',
  'cloud.provider': 'aws',
}

test.each([
  ['of a sensor is of its machine', 'falco', {}, BASE],
  [
    'what is said goes before',
    'falco',
    { 'k8s.cluster.name': 'dev' },
    { ...BASE, 'k8s.cluster.name': 'dev' },
  ],
  [
    'of another machine nothing of this one is added',
    'falco',
    { 'host.name': 'node-2' },
    { 'host.name': 'node-2', 'k8s.cluster.name': 'prod', 'cloud.provider': 'aws' },
  ],
  [
    'an API server’s log is about any machine of its cluster',
    'kubernetes.audit',
    { 'k8s.pod.name': 'p' },
    { 'k8s.pod.name': 'p', 'k8s.cluster.name': 'prod', 'cloud.provider': 'aws' },
  ],
] as const)('%s', (_, source, resource, told) => {
  expect(withBase(BASE, source, { resource }).resource).toEqual(told)
})

test('without anything told an event stays as it is', () => {
  const event = { resource: { 'host.name': 'a' } }
  expect(withBase(undefined, 'falco', event)).toBe(event)
  expect(withBase({}, 'falco', event)).toBe(event)
})
