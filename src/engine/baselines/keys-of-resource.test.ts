import { expect, it } from 'vitest'
import { keysOfResource } from './keys-of-resource.ts'

const POD = {
  'k8s.namespace.name': 'shop',
  'k8s.deployment.name': 'web',
  'k8s.pod.name': 'web-7',
  'container.image.name': 'shop/"web"',
  'host.name': 'node-1',
}
const of = (...peers: readonly string[]) => keysOfResource({ peers }, POD, 'custom')

it('names the one key where the resource says all that it is of', () => {
  expect(of('container.image.name')).toEqual([{ kind: 'key', key: '["shop/\\"web\\""]' }])
  const [workload] = of('workload')
  expect(workload).toMatchObject({ kind: 'key', key: expect.stringContaining('web') as string })
})

it('names what the keys begin with, or hold, where a request or a connection says the rest', () => {
  expect(of('container.image.name', 'server_name')).toEqual([
    { kind: 'prefix', prefix: '["shop/\\"web\\"",' },
  ])
  expect(of('server_name', 'container.image.name')).toEqual([{ kind: 'text', text: '"shop/\\"web\\""' }])
})

it('names none of what is learned of a machine, a namespace, or somebody else', () => {
  expect(of('host.name')).toEqual([])
  expect(of('k8s.namespace.name', 'verb')).toEqual([])
  expect(of('user.name')).toEqual([])
  expect(of()).toEqual([])
})
