import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { expandProgram, isSensitive } from './program.ts'

const template = readFileSync(join(import.meta.dirname, '../../sensors/bpftrace/sensor.bt'), 'utf8')

it('writes every macro out', () => {
  const { text, missing } = expandProgram(template, () => true)
  expect(missing).toEqual([])
  expect(text).not.toMatch(/@[A-Z]|\{\{/)
})

it('leaves out what the kernel has no tracepoints for, and says so', () => {
  const { text, missing } = expandProgram(template, (name) => !/init_module|sys_\w+_creat$/.test(name))
  expect(missing).toEqual(['creat', 'init_module', 'finit_module'])
  expect(text).not.toContain('init_module')
  expect(text).toContain('tracepoint:syscalls:sys_exit_openat,\ntracepoint:syscalls:sys_exit_open,\n')
})

it.each([
  '/etc/ssl/private/site.key',
  '/home/a/.ssh/config',
  '/root/.ssh/id_ed25519',
  '/var/run/secrets/kubernetes.io/serviceaccount/token',
  '/etc/shadow',
  '/usr/local/share/ca-certificates/mine.crt',
])('takes %s for a key or a trust store', (path) => {
  expect(isSensitive(path)).toBe(true)
})

it.each(['/etc/passwd', '/usr/lib/libc.so.6', '/app/monkey', '/srv/broken', '/usr/share/zoneinfo/UTC'])(
  'takes %s for neither',
  (path) => {
    expect(isSensitive(path)).toBe(false)
  },
)
