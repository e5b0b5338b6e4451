import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createUpperLayers } from './upper-layer.ts'

let upper: string
beforeEach(() => {
  upper = mkdtempSync(join(tmpdir(), 'tallyman upper-'))
  mkdirSync(join(upper, 'opt'))
  mkdirSync(join(upper, 'data'))
  for (const name of ['opt/dropped', 'data/x']) writeFileSync(join(upper, name), 'x')
  symlinkSync('/bin/sh', join(upper, 'opt/link'))
})
afterEach(() => rmSync(upper, { recursive: true }))

const ID = 'a'.repeat(64)
const mountsOf = (root = 'overlay'): string =>
  [
    `640 639 0:61 / / rw,relatime - ${root} overlay rw,lowerdir=/l/1:/l/2,upperdir=${upper.replaceAll(' ', '\\040')},workdir=/w`,
    '641 640 0:64 / /proc rw - proc proc rw',
    '650 640 254:1 /srv /data rw - ext4 /dev/vda1 rw',
  ].join('\n')

it('tells what a container wrote itself from what its image has', () => {
  const layers = createUpperLayers(() => mountsOf())
  expect(layers.holds(ID, 1, '/opt/dropped')).toBe(true)
  expect(layers.holds(ID, 1, '/opt/../opt/./dropped')).toBe(true)
  expect(layers.holds(ID, 1, '/usr/bin/sh')).toBe(false)
  expect(layers.holds(ID, 1, '/opt/link')).toBe(false)
})

it('says nothing of other mounts, other file systems, and paths that are none', () => {
  const layers = createUpperLayers(() => mountsOf())
  for (const path of ['/data/x', '/proc/self/exe', 'memfd:x', 'opt/dropped'])
    expect(layers.holds(ID, 1, path)).toBeUndefined()
  expect(createUpperLayers(() => mountsOf('zfs')).holds(ID, 1, '/opt/dropped')).toBeUndefined()
})

it('reads a container’s mounts once, and again where its first process was gone', () => {
  let text: string | undefined
  const layers = createUpperLayers(() => text)
  expect(layers.holds(ID, 1, '/opt/dropped')).toBeUndefined()
  text = mountsOf()
  expect(layers.holds(ID, 2, '/opt/dropped')).toBe(true)
  text = mountsOf('tmpfs')
  expect(layers.holds(ID, 3, '/opt/dropped')).toBe(true)
})
