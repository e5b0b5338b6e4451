import { expect, test } from 'vitest'
import type { Resource } from './event.ts'
import { entityLabel } from './entity-label.ts'

test.each<[Resource, string]>([
  [{ 'container.id': 'a'.repeat(64), 'container.name': 'web', 'host.name': 'n' }, 'web'],
  [{ 'container.id': 'a'.repeat(64), 'host.name': 'n' }, 'aaaaaaaaaaaa'],
  [{ 'k8s.namespace.name': 'shop', 'k8s.deployment.name': 'cart', 'k8s.pod.name': 'cart-7d' }, 'shop/cart'],
  [
    { 'container.id': 'c', 'container.name': 'app', 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'cart-7d' },
    'shop/cart-7d',
  ],
  [{ 'k8s.daemonset.name': 'agent' }, 'agent'],
  [{ 'user.name': 'alice', 'host.name': 'n' }, 'alice'],
  [{ 'host.name': 'n' }, 'n'],
  [{ 'host.name': 'n', 'source.ip': '10.0.0.9', who: 'eve' }, 'source.ip 10.0.0.9, who eve'],
  [{}, 'unknown'],
])('%j is called %s', (entity, label) => {
  expect(entityLabel(entity)).toBe(label)
})
