import { expect, it } from 'vitest'
import { processTree } from './process-tree.ts'

it('draws the processes above an event, the first on top', () => {
  const tree = processTree({
    ProcessId: 42,
    CommandLine: 'openssl genrsa',
    'process.ancestors': [
      { pid: 41, executable: '/bin/sh', command_line: 'sh -c x' },
      { pid: 40, executable: '/usr/bin/containerd-shim-runc-v2' },
    ],
  })
  expect(tree).toEqual([
    '[40] /usr/bin/containerd-shim-runc-v2',
    '└─ [41] sh -c x',
    '   └─ [42] openssl genrsa',
  ])
})

it('keeps hostile names on their line, and takes what is no list of processes for none', () => {
  const [first] = processTree({ 'process.ancestors': [{ pid: 1, command_line: 'a\n\u001b[2Jb' }] })
  expect(first).toBe('[1] a \\u001b[2Jb')
  expect(processTree({ 'process.ancestors': [null, 7] })).toEqual(['unknown', '└─ unknown', '   └─ unknown'])
  expect(processTree({})).toEqual([])
  expect(processTree({ 'process.ancestors': 'x' })).toEqual([])
})
