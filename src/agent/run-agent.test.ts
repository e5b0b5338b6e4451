import { expect, it } from 'vitest'
import { parseConfig } from '../config/load-config.ts'
import { runAgent, type AgentOptions } from './run-agent.ts'

it.each([
  ['agents', 'hears no agents'],
  ['kubernetes', 'asks no cluster'],
])('leaves inputs of type %s to the daemon, and says so', async (type, refusal) => {
  const { config } = parseConfig('tallyman.yaml', `inputs: [{ type: ${type}, name: other }]\n`)
  const options = { config, say: () => {} } as unknown as AgentOptions
  await expect(runAgent(options, new AbortController().signal)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining(refusal) as string,
    mend: expect.stringContaining('daemon') as string,
  })
})
