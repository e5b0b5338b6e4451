import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { stdinInput } from '../../src/inputs/stdin.ts'
import { falcoLine, falcoMark } from './falco-line.ts'
import type { StartFaulty } from './faulty-input.ts'

/** What a program in a process of its own pipes in. */
export const faultyPipe: StartFaulty = async () => {
  const start = (): ChildProcess => spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] })
  let program = start()
  const write = (bytes: string | Buffer): Promise<void> =>
    new Promise((resolve) => {
      program.stdin?.write(bytes, () => resolve())
    })
  return {
    input() {
      const { stdout } = program
      if (stdout === null) throw new Error('no pipe')
      return stdinInput({ name: 'pipe', from: stdout, live: true })
    },
    tell: (mark) => write(`${falcoLine(mark)}\n`),
    async tellCut(mark) {
      await write(falcoLine(mark).slice(0, 60))
      program.stdin?.end()
      await once(program, 'close')
      return { failed: 1, comes: false }
    },
    async restart() {
      // a pipe ends with its program; the next start reads another
      program.stdin?.end()
      if (program.exitCode === null) await once(program, 'close')
      program = start()
    },
    async tellAmid(garbage, marks) {
      for (const [index, mark] of marks.entries()) {
        await write(`${falcoLine(mark)}\n`)
        const piece = garbage[index]
        if (piece !== undefined) await write(Buffer.concat([piece, Buffer.from('\n')]))
      }
      return garbage.length
    },
    markOf: falcoMark,
    longest: 16 * 1024 * 1024,
    endsWithPeer: true,
    whileAway: 'comes',
    async stop() {
      program.stdin?.end()
      if (program.exitCode === null) await once(program, 'close')
    },
  }
}
