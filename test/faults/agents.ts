import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { deliver } from '../../src/agent/deliver.ts'
import { daemonAt } from '../../src/agent/post.ts'
import { createSignals } from '../../src/agent/signals.ts'
import { systemClock } from '../../src/daemon/clock.ts'
import { addAgent } from '../../src/inputs/agent-registry.ts'
import { entriesOf } from '../../src/inputs/agent-entry.ts'
import { agentsInput } from '../../src/inputs/agents.ts'
import { openSpool } from '../../src/store/sqlite-spool.ts'
import { eventually } from '../daemon.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import { falcoLine, falcoMark } from './falco-line.ts'
import type { StartFaulty } from './faulty-input.ts'

const MIB = 1024 * 1024
const ABOUT = { name: 'logs', type: 'file' } as const

/** An agent with its spool, its sender and the way between. */
export const faultyAgent: StartFaulty = async (folder) => {
  const registry = join(folder, 'agents.json')
  const { token } = addAgent(registry, 'web-1', {}, Date.now())
  const proxy = await cuttingProxy(0)
  const file = join(folder, 'spool.db')
  let [offset, streams] = [0, 0]
  const open = () => {
    const spool = openSpool({ file, bound: 64 * MIB, keepFree: 0 })
    const [kept, acknowledged] = [createSignals(), createSignals()]
    const daemon = daemonAt({ to: `http://127.0.0.1:${proxy.at}`, token, plain: false })
    const stop = new AbortController()
    const delivering = deliver(
      {
        spool,
        daemon,
        now: Date.now,
        inputs: () => [ABOUT],
        full: () => undefined,
        acknowledged: acknowledged.give,
        more: kept.next,
        wait: (ms, signal) => systemClock.wait(Math.min(ms, 20), signal),
        random: Math.random,
        say: () => {},
      },
      stop.signal,
    )
    return {
      append(bytes: Buffer) {
        const chunk = { stream: `file:${streams}`, offset, bytes }
        offset += bytes.length
        const at = Date.now()
        const entries = entriesOf(ABOUT, { chunks: [chunk], findings: [], unreadable: [] }, { at, since: at })
        spool.append({ input: 'logs', entries, offsets: new Map([[chunk.stream, offset]]), at })
        kept.give()
      },
      async sent() {
        await eventually(() => {
          const { acknowledged: done, last } = spool.state()
          return done === last ? true : undefined
        })
      },
      async stop() {
        stop.abort()
        await delivering
        daemon.close()
        spool.close()
      },
    }
  }
  let agent = open()
  const line = (mark: string): Buffer => Buffer.from(`${falcoLine(mark)}\n`)
  return {
    input: () =>
      agentsInput({
        name: 'agents',
        host: '127.0.0.1',
        port: 0,
        agents: registry,
        limits: { body: 2 * MIB, unpacked: 8 * MIB, waiting: 16 * MIB },
        say(said) {
          const port = /at https?:\/\/\S+:(\d+)$/.exec(said)?.[1]
          if (port !== undefined) proxy.leadTo(Number(port))
        },
      }),
    async tell(mark) {
      agent.append(line(mark))
      await agent.sent()
    },
    async tellCut(mark) {
      const bytes = line(mark)
      // half of a record is an entry of its own, whose acknowledgement is lost
      const first = proxy.cutAnswer()
      agent.append(bytes.subarray(0, 60))
      await first
      const second = proxy.cutAnswer()
      agent.append(bytes.subarray(60))
      await second
      await agent.sent()
      return { failed: 0, comes: true }
    },
    async restart(memory) {
      await agent.stop()
      if (memory === 'lost') {
        for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
        streams += 1
        offset = 0
      }
      agent = open()
    },
    async tellAmid(garbage, marks) {
      for (const [index, mark] of marks.entries()) {
        agent.append(line(mark))
        const piece = garbage[index]
        if (piece !== undefined) agent.append(Buffer.concat([piece, Buffer.from('\n')]))
      }
      await agent.sent()
      return garbage.length
    },
    markOf: falcoMark,
    longest: MIB,
    whileAway: 'comes',
    async stop() {
      await agent.stop()
      await proxy.stop()
    },
  }
}
