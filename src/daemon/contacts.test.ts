import { expect, it } from 'vitest'
import type { AgentStatus } from '../inputs/agent-status.ts'
import { contactsOf } from './contacts.ts'

function agent(parts: Partial<AgentStatus>): AgentStatus {
  return {
    name: 'web-1',
    host: 'web-1',
    state: 'connected',
    contact: 5_000,
    version: '',
    spool: { bytes: 0, bound: 0 },
    delay: 0,
    skew: 0,
    full: undefined,
    lost: 0,
    inputs: [
      { name: 'web-1/docker', type: 'docker', reach: { kind: 'caught-up', until: 5_000 }, awaited: false },
      { name: 'web-1/logs', type: 'file', reach: { kind: 'behind' }, awaited: false },
    ],
    ...parts,
  }
}

const contacts = (status: AgentStatus) =>
  contactsOf([{ type: 'agents', input: { name: 'agents', agents: () => [status] } }])

it('an agent’s engine is in contact while its agent is heard', () => {
  const sources = ['docker.events', 'docker.inspect']
  expect([...contacts(agent({}))]).toEqual([['web-1/docker', { sources, cut: undefined }]])
})

it('nothing comes by any of its inputs where it is not', () => {
  const why = 'the agent web-1 is not heard'
  expect([...contacts(agent({ state: 'cut' }))]).toEqual([
    ['web-1/docker', { sources: ['docker.events', 'docker.inspect'], cut: 5_000, why }],
    ['web-1/logs', { sources: [], cut: 5_000, why }],
  ])
})
