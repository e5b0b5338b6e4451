import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileInput } from '../../src/inputs/file.ts'
import { falcoLine, falcoMark } from './falco-line.ts'
import type { StartFaulty } from './faulty-input.ts'

/** A file that a writer appends to; it is rotated when the writer is restarted. */
export const faultyFile: StartFaulty = async (folder) => {
  const logs = join(folder, 'logs')
  const file = join(logs, 'events.log')
  mkdirSync(logs)
  writeFileSync(file, '')
  let rotated = 0
  return {
    input: () => fileInput({ name: 'logs', paths: [file], follow: true }),
    async tell(mark) {
      appendFileSync(file, `${falcoLine(mark)}\n`)
    },
    async tellCut(mark) {
      const line = falcoLine(mark)
      // a writer that stands still within a line, and one that died there and begins another
      appendFileSync(file, line.slice(0, 40))
      appendFileSync(file, `${line.slice(40)}\n`)
      appendFileSync(file, `${falcoLine('torn').slice(0, 90)}\n`)
      return { failed: 1, comes: true }
    },
    async restart(memory) {
      rotated += 1
      renameSync(file, `${file}.${rotated}`)
      writeFileSync(file, memory === 'kept' ? '' : `${falcoLine(`begun ${rotated}`)}\n`)
    },
    async tellAmid(garbage, marks) {
      for (const [index, mark] of marks.entries()) {
        appendFileSync(file, `${falcoLine(mark)}\n`)
        const piece = garbage[index]
        if (piece !== undefined) appendFileSync(file, Buffer.concat([piece, Buffer.from('\n')]))
      }
      return garbage.length
    },
    markOf: falcoMark,
    longest: 16 * 1024 * 1024,
    whileAway: 'comes',
    stop: () => Promise.resolve(),
  }
}

/** A folder in which a file appears for each job, and grows; a job that is restarted has another file. */
export const faultyFolder: StartFaulty = async (folder) => {
  const logs = join(folder, 'jobs')
  mkdirSync(join(logs, 'deep'), { recursive: true })
  let jobs = 0
  const fileOf = (job: number): string => join(logs, job % 2 === 0 ? 'deep' : '', `job-${job}.log`)
  const append = (bytes: string | Buffer): void => {
    jobs += 1
    appendFileSync(fileOf(jobs), bytes)
  }
  return {
    input: () => fileInput({ name: 'jobs', paths: [logs], follow: true }),
    async tell(mark) {
      append(`${falcoLine(mark)}\n`)
    },
    async tellCut(mark) {
      const line = falcoLine(mark)
      append(line.slice(0, 40))
      const cut = fileOf(jobs)
      // another job goes on meanwhile; the first is moved away within its line
      append(`${falcoLine('meanwhile')}\n${falcoLine('torn').slice(0, 90)}\n${falcoLine('behind')}\n`)
      renameSync(cut, `${cut}.1`)
      appendFileSync(`${cut}.1`, `${line.slice(40)}\n`)
      return { failed: 1, comes: true }
    },
    async restart(memory) {
      renameSync(logs, `${logs}.away`)
      if (memory === 'kept') renameSync(`${logs}.away`, logs)
      else mkdirSync(join(logs, 'deep'), { recursive: true })
    },
    async tellAmid(garbage, marks) {
      const pieces = marks.flatMap((mark, index) => [falcoLine(mark), garbage[index] ?? []].flat())
      append(Buffer.concat(pieces.flatMap((piece) => [Buffer.from(piece), Buffer.from('\n')])))
      return garbage.length
    },
    markOf: falcoMark,
    longest: 16 * 1024 * 1024,
    whileAway: 'comes',
    stop: () => Promise.resolve(),
  }
}
