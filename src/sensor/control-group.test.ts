import { expect, it } from 'vitest'
import { containerOf, containerOfProcess } from './control-group.ts'

const ID = 'a1'.repeat(32)
const OTHER = 'b2'.repeat(32)

it.each([
  ['docker with cgroupfs', ['', 'docker', ID]],
  ['docker with systemd', ['', 'system.slice', `docker-${ID}.scope`]],
  ['podman', ['', 'machine.slice', `libpod-${ID}.scope`, 'container']],
  ['containerd in Kubernetes', ['', 'kubepods.slice', 'kubepods-pod1.slice', `cri-containerd-${ID}.scope`]],
  ['CRI-O', ['', 'kubepods.slice', `crio-${ID}.scope`]],
  ['kubepods with cgroupfs', ['', 'kubepods', 'burstable', 'pod1', ID]],
  ['a group that the container made below its own', ['', 'docker', ID, OTHER]],
])('finds the container of %s', (_name, names) => {
  expect(containerOf(names)).toBe(ID)
})

it.each([
  [['', 'system.slice', 'ssh.service']],
  [['', 'machine.slice', `libpod-conmon-${ID}.scope`]],
  [['', 'user.slice', `docker-${ID.slice(1)}.scope`]],
  [[]],
])('finds none in %j', (names) => {
  expect(containerOf(names)).toBeUndefined()
})

it('reads /proc/<pid>/cgroup of version 1 and 2', () => {
  expect(containerOfProcess(`12:pids:/\n3:cpu,cpuacct:/docker/${ID}\n0::/docker/${ID}\n`)).toBe(ID)
  expect(containerOfProcess(`0::/system.slice/docker-${ID}.scope\n`)).toBe(ID)
  expect(containerOfProcess('0::/user.slice\n')).toBeUndefined()
})
