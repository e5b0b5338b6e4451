import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const SCRIPT = resolve(import.meta.dirname, '../../test/http-bombs.ts')

async function bombs(requests: number): Promise<{ readonly taken: number; readonly mebibytes: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, String(requests)])
  return JSON.parse(stdout) as { taken: number; mebibytes: number }
}

it('takes many bodies that unpack to much, and inside of them again, in the memory of a few', async () => {
  const [one, many] = [await bombs(1), await bombs(40)]
  expect([one.taken, many.taken]).toEqual([1, 40])
  // all of them unpacked at once would be 1,200 MiB more
  expect(many.mebibytes).toBeLessThan(one.mebibytes + 350)
}, 60_000)
