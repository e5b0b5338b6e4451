import { expect, it } from 'vitest'
import { anEvent, BY_ENGINE } from '../../test/builders.ts'
import type { Event, Fact } from '../domain/event.ts'
import { createInventory, type Inventory } from './inventory.ts'

const LAYER = '/var/lib/docker/overlay2/1f2e'
const ID = 'a'.repeat(64)
const RESOURCE = { 'container.id': ID, 'container.name': 'web', 'host.name': 'node-1' }

function knowing(...facts: readonly Fact[]): Inventory {
  const inventory = createInventory([])
  for (const fact of facts) inventory.observe(fact, BY_ENGINE)
  return inventory
}
const made = (parts: object = {}): Fact => ({
  kind: 'container',
  id: ID,
  time: 10,
  resource: RESOURCE,
  mounts: [{ source: '/srv', destination: '/etc', readOnly: false }],
  roots: [`${LAYER}/diff`, `${LAYER}/merged`],
  ...parts,
})
const change = (path: string, parts: Partial<Event> = {}): Event =>
  anEvent({
    source: 'fim.aide',
    logsource: { category: 'file_change' },
    resource: { 'host.name': 'node-1' },
    record: { TargetFilename: path, 'host.path': [path] },
    hostFile: path,
    ...parts,
  })

it('tells a file below a container’s root of the container, by its path there and on the host', () => {
  const inventory = knowing(made())
  for (const folder of ['diff', 'merged']) {
    const path = `${LAYER}/${folder}/etc/ssl/certs/x.pem`
    expect(inventory.resolve(change(path))).toMatchObject({
      resource: RESOURCE,
      record: { TargetFilename: '/etc/ssl/certs/x.pem', 'host.path': [path] },
    })
  }
})

it('leaves the host’s own files, other layers, and another machine’s as they are', () => {
  const inventory = knowing(made())
  for (const event of [
    change('/etc/ssl/certs/x.pem'),
    change('/var/lib/docker/overlay2/other/diff/etc/x'),
    change(`${LAYER}/diffuse/etc/x`),
    change(`${LAYER}/diff/etc/x`, { resource: { 'host.name': 'node-2' } }),
  ])
    expect(inventory.resolve(event)).toBe(event)
})

it('is not led astray by a folder of the same name within a container', () => {
  const path = `${LAYER}/merged/srv/merged/diff/x`
  expect(knowing(made()).resolve(change(path)).record).toMatchObject({ TargetFilename: '/srv/merged/diff/x' })
})

it('knows where a container stood after it was stopped and when it is gone', () => {
  const inventory = knowing(made(), made({ time: 20, roots: [`${LAYER}/diff`] }), {
    kind: 'container-gone',
    id: ID,
    time: 30,
  })
  expect(inventory.resolve(change(`${LAYER}/merged/x`, { time: 40 })).resource).toMatchObject(RESOURCE)
  const [row] = inventory.changes()
  expect(
    createInventory(row === undefined ? [] : [row]).resolve(change(`${LAYER}/diff/x`)).resource,
  ).toMatchObject(RESOURCE)
})
