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
    ['/proc/1/root', 'host-root'],
    ['/proc/1/root/', 'host-root'],
    ['/proc/4711/cwd', 'host-root'],
    ['/proc/self/root', 'host-root'],
    ['/proc/1/task/1/root/proc/1/root', 'host-root'],
    ['/proc/1/root/etc/shadow', 'credentials'],
    ['/proc/1/root/var/run/docker.sock', 'runtime-socket'],
    ['/proc/1', 'kernel'],
    ['/proc/4711/ns', 'kernel'],
    ['/proc/sys/kernel', 'kernel'],
    ['/sys/kernel/tracing', 'kernel'],
    ['/sys/kernel', 'kernel'],
    ['/sys/kernel/debug/tracing', 'kernel'],
    ['/proc/1/task/2\n/mem', 'kernel'],
    ['/usr/libexec/kubernetes', 'persistence'],
    ['/home/alice/.ssh/authorized_keys', 'persistence'],
    ['/root/.ssh/authorized_keys', 'persistence'],
    ['/var/lib/kubelet/pods', 'credentials'],
    ['/var/lib/etcd', 'credentials'],
    ['/etc/gshadow', 'credentials'],
    ['/etc/passwd', 'accounts'],
    ['/etc/group', 'accounts'],
    ['/etc', 'accounts'],
    ['/etc/sudoers', 'persistence'],
    ['/etc/sudoers.d', 'persistence'],
    ['/etc/rc.local', 'persistence'],
    ['/usr/lib/systemd/system', 'persistence'],
    ['/lib/systemd/system', 'persistence'],
    ['/opt/cni/bin', 'persistence'],
    ['/usr/libexec/kubernetes/kubelet-plugins', 'persistence'],
    ['/etc/docker', 'host-configuration'],
    ['/etc/containerd', 'host-configuration'],
    ['/etc/cni/net.d', 'host-configuration'],
    ['/var/lib/docker/overlay2', 'engine-data'],
    ['/var/lib/docker/overlay2/0a1b/merged', 'engine-data'],
    ['/var/lib/docker/volumes', 'engine-data'],
    ['/var/lib/docker/containers', 'engine-data'],
    ['/var/lib/containers/storage', 'engine-data'],
  ])('%s exposes %s', (path, exposure) => {
    expect(exposuresOf(path)).toContain(exposure)
  })

  it.each([
    '/etc/localtime',
    '/etc/timezone',
    '/home/alice/project',
    '/home/project',
    '/srv/www',
    '/opt/app',
    '/data',
    '/tmp/build',
    '/var/lib/postgresql',
    '/usr/share/zoneinfo',
    '/etc/resolv.conf',
    '/etc/hosts',
    '/etc/hostname',
    '/home/alice/project/.git',
    '/proc/cpuinfo',
    '/proc/rooted',
    '/sys/kernel/mm',
    '/usr/libexec/kubernetes-tools',
    '/var/lib/docker/volumes/data/_data',
    '/var/lib/kubelet/pods/0a1b/volumes/kubernetes.io~empty-dir/cache',
    '/var/lib/kubelet/device-plugins',
  ])('%s exposes nothing', (path) => {
    expect(exposuresOf(path)).toEqual([])
  })

  it('gives account names away for writing only', () => {
    expect(exposuresOf('/etc/passwd')).toEqual(['accounts'])
  })

  it('reads programs, not persistence, in all of /usr', () => {
    expect(exposuresOf('/usr')).not.toContain('persistence')
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

it('follows the links to the root that a process has', () => {
  expect(normalizeHostPath('/proc/1/root/etc/motd')).toBe('/etc/motd')
  expect(normalizeHostPath('/proc/1/rootfs')).toBe('/proc/1/rootfs')
})
