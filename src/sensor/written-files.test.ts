import { expect, it } from 'vitest'
import type { Observed } from './assemble.ts'
import type { KnownProcess } from './process-table.ts'
import type { Who } from './record.ts'
import { createWrittenFiles, type WrittenFiles } from './written-files.ts'

const known = (pid: number, more: Partial<KnownProcess> = {}): KnownProcess => ({
  pid,
  ppid: 1,
  start: 0,
  uid: 0,
  executable: '/usr/bin/python3',
  file: 'python3',
  args: [],
  cwd: '/',
  truncated: [],
  container: 'c',
  ...more,
})
const who = (pid: number, more: Partial<KnownProcess> = {}): Who => ({
  process: known(pid, more),
  ancestors: [known(5), known(4, { container: undefined })],
  container: 'c',
  unresolved: undefined,
})
const event = (inode: bigint): Observed => ({ numbers: [0n, 0n, inode, 9n, 0n] }) as unknown as Observed

function wrote(files: WrittenFiles, inode: bigint, by: Who): void {
  files.told(event(inode), { kind: 'write', path: `/f${inode}` }, by)
}
const close = (files: WrittenFiles, inode: bigint, device = 9n): void =>
  files.closed({ time: 0, inode, device }, 'then')

it('names what was closed with the processes of the container that see it, again as its process ends', () => {
  const files = createWrittenFiles()
  wrote(files, 1n, who(7))
  expect(files.closedSince()).toEqual([])
  close(files, 1n)
  const [first] = files.closedSince()
  expect(first).toMatchObject({
    time: 'then',
    pids: [7, 5],
    inode: 1n,
    body: { path: '/f1', container: 'c' },
  })
  expect(first).not.toHaveProperty('isLast')
  files.ended(8, 'later')
  expect(files.closedSince()).toEqual([])
  files.ended(7, 'later')
  expect(files.closedSince()).toMatchObject([{ time: 'later', inode: 1n, isLast: true }])
  files.ended(7, 'later')
  close(files, 1n)
  expect(files.closedSince()).toEqual([])
})

it('passes over what nobody asked for: other devices, known programs, the host, files that the kernel did not name', () => {
  const files = createWrittenFiles()
  wrote(files, 1n, who(7))
  close(files, 1n, 8n)
  wrote(files, 2n, who(7, { executable: '/usr/bin/dpkg' }))
  wrote(files, 3n, { ...who(7), container: undefined })
  wrote(files, 0n, who(7))
  for (const inode of [2n, 3n, 0n]) close(files, inode)
  expect(files.closedSince()).toEqual([])
  wrote(files, 4n, who(7, { executable: '/tmp/dpkg' }))
  close(files, 4n)
  expect(files.closedSince()).toHaveLength(1)
})

it('knows where a file of a container went', () => {
  const files = createWrittenFiles()
  files.told(event(0n), { kind: 'rename', source: '/a', path: '/b' }, who(7))
  expect(files.moved('c', '/a')).toBe('/b')
  expect(files.moved('d', '/a')).toBeUndefined()
})

it('remembers so many and no more', () => {
  const files = createWrittenFiles()
  for (let inode = 1n; inode <= 17_000n; inode += 1n) wrote(files, inode, who(Number(inode)))
  close(files, 1n)
  close(files, 17_000n)
  expect(files.closedSince()).toMatchObject([{ inode: 17_000n }])
})
