import { expect, it } from 'vitest'
import { sensorLook } from './sensor-look.ts'

const ID = 'c'.repeat(64)
const LINE = { host: 'node-1', kind: 'containers', interval: 15_000, digest: 'd1' }
const fieldsOf = (one: object): unknown => sensorLook({ ...LINE, containers: [one] }, 5)?.seen?.[0]?.fields

it('reads a list, and that it is the one before', () => {
  expect(sensorLook({ ...LINE, containers: [{ container: ID, pod: 'u', group: '/x' }] }, 5)).toMatchObject({
    view: 'kernel',
    host: 'node-1',
    time: 5,
    interval: 15_000,
    leftOut: 0,
    seen: [
      { key: ID, named: true, pods: ['u'], fields: { 'k8s.pod.uid': 'u', 'container.kind': 'container' } },
    ],
  })
  expect(sensorLook(LINE, 5)?.seen).toBeUndefined()
  expect(sensorLook({ ...LINE, leftOut: 7 }, 5)?.leftOut).toBe(7)
})

it('says whose shim it is, in which namespace, and what is a step of a build', () => {
  const shim = {
    executable: '/usr/bin/containerd-shim-runc-v2',
    args: ['x', '-namespace', 'hidden', '-id', 'g'],
  }
  expect(fieldsOf({ namespace: 'pid:[4]', group: '/hidden/g', parent: shim })).toMatchObject({
    'container.kind': 'container',
    'containerd.namespace': 'hidden',
  })
  expect(fieldsOf({ namespace: 'pid:[4]', group: '/docker/buildkit/x', parent: {} })).toMatchObject({
    'container.kind': 'build',
  })
  expect(fieldsOf({ namespace: 'pid:[4]', group: '/user.slice', parent: { args: ['bash'] } })).toMatchObject({
    'container.kind': 'namespace',
    'container.own_root': false,
  })
  expect(fieldsOf({ container: ID, group: `/machine.slice/libpod-${ID}.scope` })).toMatchObject({
    'container.runtime.name': 'podman',
  })
})

it('takes what is malformed for nothing, and no name for an id', () => {
  expect(sensorLook({ ...LINE, interval: 0 }, 5)).toBeUndefined()
  expect(sensorLook({ ...LINE, digest: 4 }, 5)).toBeUndefined()
  const odd = [null, 4, {}, { container: 'x' }, { container: ID.toUpperCase(), namespace: 'pid:[1]' }]
  expect(sensorLook({ ...LINE, containers: odd }, 5)?.seen).toMatchObject([{ key: 'pid:[1]', named: false }])
})
