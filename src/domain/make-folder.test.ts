import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeFolder } from './make-folder.ts'

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-folder-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

it('makes what is missing, for its owner alone, and leaves what is there', () => {
  const folder = aFolder()
  makeFolder(join(folder, 'a/b/c'))
  makeFolder(join(folder, 'a/b/c'))
  expect([join(folder, 'a'), join(folder, 'a/b/c')].map((path) => statSync(path).mode & 0o777)).toEqual([
    0o700, 0o700,
  ])
})

it('says what stands in the way', () => {
  const file = join(aFolder(), 'file')
  writeFileSync(file, '')
  expect(() => makeFolder(file)).toThrow('EEXIST')
  expect(() => makeFolder(join(file, 'below'))).toThrow('ENOTDIR')
})

it.skipIf(!existsSync('/proc/self'))('ends where the system says that there is no such place', () => {
  expect(() => makeFolder('/proc/no-such-process/data')).toThrow('ENOENT')
})
