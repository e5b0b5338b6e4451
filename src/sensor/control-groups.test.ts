import { expect, it } from 'vitest'
import { createContainerList } from './container-list.ts'
import { createControlGroups, type ProcFolder } from './control-groups.ts'
import type { ProcessState } from './proc.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)
const HOST = 'pid:[1]'

interface Process {
  readonly cgroup: string
  readonly namespace?: string
  readonly started?: number
  readonly ppid?: number
  readonly args?: readonly string[]
}

/** A /proc of these processes. */
function proc(processes: Readonly<Record<string, Process>>): ProcFolder {
  const of = (path: string): Process | undefined => processes[path.split('/')[2] ?? '']
  return {
    pids: () => Object.keys(processes),
    text: (path) => of(path)?.cgroup,
    link: (path) => (path.endsWith('/ns/pid') ? (of(path)?.namespace ?? HOST) : 'same:[1]'),
    place: (path) => (of(path)?.namespace === undefined ? '1:1' : '2:2'),
    process: (pid): ProcessState | undefined => {
      const { started = 1, ppid = 1, args = ['p'] } = processes[String(pid)] ?? {}
      const more = { executable: args[0], cwd: '/', uid: 0, container: undefined }
      return processes[String(pid)] && { pid, ppid, started, args, ...more }
    },
  }
}

const INIT = { cgroup: '0::/init.scope\n' }

it('names containers by their control group, whatever its version and whoever manages it', () => {
  const look = createControlGroups(
    proc({
      1: INIT,
      10: { cgroup: `9:name=systemd:/docker/${A}\n0::/\n`, namespace: 'pid:[2]' },
      11: { cgroup: `0::/user.slice/user-1000.slice/libpod-${B}.scope\n`, namespace: 'pid:[3]' },
    }),
  )
  expect(look()).toMatchObject([
    { key: A, named: true, group: `/docker/${A}`, namespaces: ['pid'], ownRoot: true },
    { key: B, named: true },
  ])
})

it('knows a container without a PID namespace of its own, its pod, and the one around it', () => {
  const pod = '0d8f2c1a-1111-2222-3333-444455556666'
  const slice = `kubepods-burstable-pod${pod.replaceAll('-', '_')}.slice`
  const look = createControlGroups(
    proc({
      1: INIT,
      10: { cgroup: `0::/kubepods.slice/${slice}/cri-containerd-${A}.scope\n` },
      11: { cgroup: `0::/docker/${A}/docker/${B}\n`, namespace: 'pid:[4]' },
    }),
  )
  const [first, inner] = look()
  expect(first).toMatchObject({ key: A, pod, namespaces: [], ownRoot: false })
  expect(inner).toMatchObject({ key: B, outer: A })
})

it('tells of a PID namespace that no id names, by the process that came first', () => {
  const look = createControlGroups(
    proc({
      1: INIT,
      5: { cgroup: '0::/', args: ['/usr/bin/containerd-shim-runc-v2', '-namespace', 'hidden'] },
      30: { cgroup: '0::/hidden/g', namespace: 'pid:[9]', started: 9, ppid: 20, args: ['sh'] },
      20: { cgroup: '0::/hidden/g', namespace: 'pid:[9]', started: 3, ppid: 5, args: ['init'] },
    }),
  )
  expect(look()).toMatchObject([
    { key: 'pid:[9]', named: false, group: '/hidden/g', process: { pid: 20 }, parent: { pid: 5 } },
  ])
})

it('keeps what it told of one while its first process lives, however that calls itself', () => {
  const processes: Record<string, Process> = {
    1: INIT,
    10: { cgroup: `0::/docker/${A}`, namespace: 'pid:[2]', args: ['server'] },
  }
  const look = createControlGroups(proc(processes))
  const [before] = look()
  processes['10'] = { ...processes['10'], cgroup: `0::/docker/${A}`, args: ['something else'] }
  expect(look()).toEqual([before])
})

it('tells the list whole when it changed and now and then, and between that it is the same', () => {
  let groups = createControlGroups(proc({ 1: INIT, 10: { cgroup: `0::/docker/${A}` } }))
  const due = createContainerList(() => groups(), 15_000)
  const first = due(0)
  expect(first).toMatchObject({ kind: 'containers', interval: 15_000, containers: [{ container: A }] })
  expect(due(14_999)).toBeUndefined()
  expect(due(15_000)).toEqual({ kind: 'containers', interval: 15_000, digest: first?.['digest'] })
  groups = createControlGroups(proc({ 1: INIT }))
  expect(due(30_000)).toMatchObject({ containers: [] })
  expect(due(330_000)).toHaveProperty('containers')
})
