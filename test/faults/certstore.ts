import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Event } from '../../src/domain/event.ts'
import { certstoreInput } from '../../src/inputs/certstore.ts'
import { createAuthority } from '../certificates.ts'
import type { StartFaulty } from './faulty-input.ts'

const INTERVAL = 30
const MIB = 1024 * 1024

/** A folder of certificates that something writes into. */
export const faultyStore: StartFaulty = async (folder) => {
  const store = join(folder, 'certs')
  let generation = 0
  const nextGeneration = (): string => {
    generation += 1
    return join(folder, `generation-${generation}`)
  }
  /** The folder is a link, as in images: it leads to the next one in one step. */
  const leadTo = (real: string): void => {
    symlinkSync(real, `${store}.next`)
    renameSync(`${store}.next`, store)
  }
  const first = nextGeneration()
  mkdirSync(first)
  leadTo(first)
  const authority = createAuthority(folder)
  /** The file of a new certificate, by its mark. */
  const issued = (mark: string): Buffer => readFileSync(authority.issue(mark).cert)
  const put = (name: string, content: string | Buffer): void => {
    const file = join(folder, 'half-written')
    writeFileSync(file, content)
    renameSync(file, join(store, name))
  }
  return {
    input: () => certstoreInput({ name: 'trust', paths: [store], interval: INTERVAL }),
    async tell(mark) {
      put(`${mark}.pem`, issued(mark))
    },
    async tellCut(mark) {
      const pem = issued(mark)
      writeFileSync(join(store, `${mark}.pem`), pem.subarray(0, pem.length / 2))
      await sleep(4 * INTERVAL)
      writeFileSync(join(store, `${mark}.pem`), pem)
      // one whose writer died, and that stays as it is
      const der = Buffer.from(pem.toString().replaceAll(/-.*-|\s/g, ''), 'base64')
      writeFileSync(join(store, 'torn.der'), der.subarray(0, der.length / 2))
      return { failed: 1, comes: true }
    },
    async restart(memory) {
      const next = nextGeneration()
      if (memory === 'kept') cpSync(join(folder, `generation-${generation - 1}`), next, { recursive: true })
      else mkdirSync(next)
      leadTo(next)
    },
    async tellAmid(garbage, marks) {
      for (const [index, mark] of marks.entries()) {
        put(`${mark}.pem`, issued(mark))
        const piece = garbage[index]
        if (piece === undefined) continue
        const block = ['-----BEGIN CERTIFICATE-----\n', piece, '\n-----END CERTIFICATE-----\n']
        put(`garbage-${index}.pem`, Buffer.concat(block.map((each) => Buffer.from(each))))
      }
      return garbage.length
    },
    markOf({ record }: Event) {
      const { 'event.action': action, 'certificate.cn': name } = record as Readonly<Record<string, unknown>>
      return action === 'removed' ? undefined : String(name)
    },
    longest: 4 * MIB,
    whileAway: 'comes',
    stop: () => Promise.resolve(),
  }
}
