import { describe, expect, it } from 'vitest'
import { exposuresOf, normalizeHostPath } from './host-paths.ts'

describe('mounting a path of the host', () => {
  it.each([
    ['/var/run/docker.sock', 'runtime-socket'],
    ['/var/run/../run/docker.sock', 'runtime-socket'],
    ['/run', 'runtime-socket'],
    ['/var', 'runtime-socket'],
    ['/tmp/elsewhere/docker.sock', 'runtime-socket'],
    ['/etc/', 'host-configuration'],
    ['//etc', 'trust-store'],
    ['/etc/ssl/certs', 'trust-store'],
    ['/home', 'credentials'],
    ['/home/alice/.ssh', 'credentials'],
    ['/proc', 'kernel'],
    ['/var/lib', 'engine-data'],
    ['/etc/cron.d', 'persistence'],
    ['/var/log', 'logs'],
    ['/run/mysqld/mysqld.sock', 'socket'],
  ])('%s exposes %s', (path, exposure) => {
    expect(exposuresOf(path)).toContain(exposure)
  })

  it.each([
    '/etc/localtime',
    '/etc/timezone',
    '/home/alice/project',
    '/srv/www',
    '/opt/app',
    '/data',
    '/tmp/build',
    '/var/lib/postgresql',
    '/usr/share/zoneinfo',
    '/etc/resolv.conf',
  ])('%s exposes nothing', (path) => {
    expect(exposuresOf(path)).toEqual([])
  })

  it('exposes all with the root', () => {
    expect(exposuresOf('/')).toEqual(
      expect.arrayContaining(['host-root', 'runtime-socket', 'credentials', 'kernel', 'trust-store']),
    )
    expect(exposuresOf('/etc/..')).toContain('host-root')
  })
})

it('reads /var/run as /run, which it links to', () => {
  expect(normalizeHostPath('/var/run/./x//y/')).toBe('/run/x/y')
  expect(normalizeHostPath('/var/runner')).toBe('/var/runner')
})
