import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addAgent } from '../src/inputs/agent-registry.ts'
import type { Totals } from '../src/store/store.ts'
import { handAgent, type HandAgent } from './agents-input.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'
import { falcoLine } from './faults/falco-line.ts'
import { post } from './http-input.ts'

let folder = ''
let data = ''
let token = ''
let daemon: Daemon | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-kills-'))
  data = join(folder, 'data')
  const strategies = join(folder, 'none')
  for (const each of [data, strategies]) mkdirSync(each)
  const inputs = '[{ type: http, name: in, port: 0 }, { type: agents, name: agents, port: 0 }]'
  writeFileSync(join(folder, 'tallyman.yaml'), `strategies: ${strategies}\ninputs: ${inputs}\n`)
  token = addAgent(join(data, 'agents.json'), 'web-1', {}, Date.now()).token
})
afterEach(async () => {
  await daemon?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** One that keeps what it was not told the success of, and sends it again, in its order. */
interface Sender {
  readonly name: string
  unsent: readonly string[]
  acknowledged: number
  /** Sends to the daemon that runs; whether it was told that this is taken. */
  send(lines: readonly string[], at: Listening): Promise<boolean>
}

interface Listening {
  readonly http: { readonly url: string; readonly token: string }
  readonly agents: { readonly url: string }
}

const SENDERS: readonly Pick<Sender, 'name' | 'send'>[] = [
  {
    name: 'a sender of bodies',
    send: async (lines, { http }) => (await post(http, `${lines.join('\n')}\n`)).status === 200,
  },
  {
    name: 'a sender of OTLP',
    send: async (lines, { http }) => (await post(http, otlp(lines), { path: '/v1/logs' })).status === 200,
  },
  agentSender(),
]

it(
  'what was acknowledged is there once, whenever the daemon is killed or stopped',
  { timeout: 240_000 },
  async () => {
    const senders = SENDERS.map((sender): Sender => ({ ...sender, unsent: [], acknowledged: 0 }))
    let made = 0
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const at = await listening()
      const goal = made + 60
      const [process, over] = [daemon, new AbortController()]
      await Promise.all([
        ...senders.map(async (sender) => {
          while (!over.signal.aborted) {
            if (sender.unsent.length === 0) {
              made += 2
              sender.unsent = [falcoLine(`${sender.name} ${made}`), falcoLine(`${sender.name} ${made + 1}`)]
            }
            if (!(await sender.send(sender.unsent, at).catch(() => false))) continue
            sender.acknowledged += sender.unsent.length
            sender.unsent = []
          }
        }),
        // in the middle of it: each of them waits for an answer
        (async () => {
          await eventually(() => (made >= goal ? true : undefined), 60_000, 'the load')
          const ended = process?.kill(signal)
          await ended
          over.abort()
        })(),
      ])
      expect(senders.every(({ unsent }) => unsent.length > 0)).toBe(true)
    }
    const at = await listening()
    for (const sender of senders) {
      expect(await sender.send(sender.unsent, at)).toBe(true)
      sender.acknowledged += sender.unsent.length
    }
    const { body } = (await daemon?.ask('/api/totals')) ?? {}
    const { evaluated, failed } = body as Totals
    expect({ evaluated, failed }).toEqual({
      evaluated: senders.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
      failed: 0,
    })
  },
)

/** Starts the daemon; where its inputs listen. */
async function listening(): Promise<Listening> {
  const started = startDaemon(data, join(folder, 'tallyman.yaml'))
  daemon = started
  return eventually(() => {
    const http = /takes telemetry at (\S+?);/.exec(started.printed())?.[1]
    const agents = /takes what .* at (http\S+)/.exec(started.printed())?.[1]
    if (http === undefined || agents === undefined) return undefined
    const own = readFileSync(join(data, 'in.token'), 'utf8').trim()
    return { http: { url: http, token: own }, agents: { url: agents } }
  }, 60_000)
}

/** Sends again what was cut, as the same entries on the same place. */
function agentSender(): Pick<Sender, 'name' | 'send'> {
  let place: HandAgent['place'] = { number: 0, digest: '' }
  let offset = 0
  let kept: ReturnType<HandAgent['entries']> | undefined
  return {
    name: 'an agent',
    async send(lines, { agents }) {
      const agent = handAgent(agents, token)
      if (kept === undefined) {
        const bytes = Buffer.from(`${lines.join('\n')}\n`)
        kept = agent.entries({ chunks: [{ stream: 'file:a', offset, bytes }] })
        offset += bytes.length
      }
      const { status, body } = await agent.send(kept, { before: place })
      if (status === 200) {
        ;({ place } = agent)
        kept = undefined
        return true
      }
      expect({ status, body }).not.toMatchObject({ status: 409 })
      return false
    },
  }
}

function otlp(lines: readonly string[]): string {
  const logRecords = lines.map((line) => ({ body: { stringValue: line } }))
  return JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
}
