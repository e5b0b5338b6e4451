import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Evidence } from '../api/types.ts'
import { processTree, type ProcessNode } from './process-tree.ts'

const RUNC = { pid: 10, executable: 'containerd-shim', command_line: 'containerd-shim -id x' }
const SHELL = { pid: 20, executable: 'sh', command_line: 'sh -c run' }

function anEvent(event: string, fields: Evidence['fields'], second = 0): Evidence {
  return {
    event,
    time: `2026-11-21T10:00:0${second}.000Z`,
    source: 'sensor',
    logsource: 'linux/process_creation',
    fields,
  }
}

function drawn(nodes: readonly ProcessNode[], depth = 0): readonly string[] {
  return nodes.flatMap(({ pid, images, matched, children }) => [
    `${'  '.repeat(depth)}${pid} ${images.map(({ executable }) => executable).join('→')}${matched.length > 0 ? ' *' : ''}`,
    ...drawn(children, depth + 1),
  ])
}

it('merges the ancestries of all events into one tree', () => {
  const tree = processTree([
    anEvent('a', { ProcessId: 30, Image: '/bin/tar', 'process.ancestors': [SHELL, RUNC] }),
    anEvent('b', { ProcessId: 31, Image: '/bin/curl', 'process.ancestors': [SHELL, RUNC] }, 1),
    anEvent('c', { ProcessId: 20, Image: 'sh', CommandLine: 'sh -c run', 'process.ancestors': [RUNC] }, 2),
  ])
  expect(drawn(tree)).toEqual(['10 containerd-shim', '  20 sh *', '    30 /bin/tar *', '    31 /bin/curl *'])
})

it('shows what a process turned into by executing another program', () => {
  const tree = processTree([
    anEvent('a', { ProcessId: '30', Image: 'sh', 'process.ancestors': [RUNC] }),
    anEvent('b', { ProcessId: '30', Image: 'nc', 'process.ancestors': [RUNC] }, 1),
  ])
  expect(drawn(tree)).toEqual(['10 containerd-shim', '  30 sh→nc *'])
})

it('keeps hosts apart, and a pid that comes back as another process', () => {
  const tree = processTree([
    anEvent('a', { ProcessId: 30, Image: 'tar', 'process.ancestors': [SHELL], 'host.name': 'one' }),
    anEvent('b', { ProcessId: 30, Image: 'tar', 'process.ancestors': [SHELL], 'host.name': 'two' }),
    anEvent('c', { ProcessId: 30, Image: 'nc', 'process.ancestors': [RUNC], 'host.name': 'one' }, 5),
  ])
  expect(drawn(tree)).toEqual([
    '20 sh',
    '  30 tar *',
    '20 sh',
    '  30 tar *',
    '10 containerd-shim',
    '  30 nc *',
  ])
})

it('makes do with the parent alone, and leaves out what is no process', () => {
  expect(
    drawn(processTree([anEvent('a', { ProcessId: 5, Image: 'x', ParentProcessId: 4, ParentImage: 'y' })])),
  ).toEqual(['4 y', '  5 x *'])
  expect(processTree([anEvent('a', { 'mount.source': '/' }), anEvent('b', { ProcessId: 'no' })])).toEqual([])
})

it('is a finite tree whatever the evidence claims', () => {
  const pid = fc.integer({ min: 1, max: 4 })
  const step = fc.record({ pid, executable: fc.constantFrom('a', 'b'), command_line: fc.constant('') })
  const event = fc.record({
    ProcessId: pid,
    Image: fc.constantFrom('a', 'b'),
    'process.ancestors': fc.array(step, { maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 6 }), (events) => {
      const tree = processTree(events.map((fields, index) => anEvent(String(index), fields)))
      const matched = (nodes: readonly ProcessNode[]): readonly string[] =>
        nodes.flatMap((node) => [...node.matched, ...matched(node.children)])
      expect(matched(tree).toSorted()).toEqual(events.map((_, index) => String(index)).toSorted())
    }),
  )
})
