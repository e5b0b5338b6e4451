import { Hono } from 'hono'
import { z } from 'zod'
import { addAgent, removeAgent, setAgent, type RegisteredAgent } from '../inputs/agent-registry.ts'
import type { Store } from '../store/store.ts'
import { actorOf, refusal, type ApiEnvironment } from './guard.ts'
import { given, sent } from './validated.ts'

const text = z.string().min(1).max(256)
const place = {
  name: text,
  host: text.optional(),
  node: text.optional(),
  cluster: text.optional(),
  relays: z.boolean().optional(),
}

/** A change of who may send. */
export const agentChangeSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('add'), ...place }),
  z.strictObject({ do: z.literal('set'), ...place }),
  z.strictObject({ do: z.literal('remove'), name: text }),
])
export type AgentChange = z.input<typeof agentChangeSchema>

/** What became of it: the agent as it is taken for, and of a new one its token, which stands nowhere else. */
export interface AgentChanged {
  readonly agent?: Omit<RegisteredAgent, 'token'>
  readonly token?: string
}

interface AgentChangeParts {
  readonly store: Pick<Store, 'audit'>
  /** File of those who may send. */
  readonly file: string
  readonly now: () => number
}

/** Changes who may send, and audits it; of a token nothing is told. Throws a UserError where that is not possible. */
export function changeAgents(
  { store, file, now }: AgentChangeParts,
  change: AgentChange,
  actor: string,
): AgentChanged {
  const changed = changedBy(file, change, now())
  const { added: _added, ...agent } = { name: change.name, ...changed.agent }
  store.audit(actor, `agent.${change.do}`, agent, now())
  return changed
}

function changedBy(file: string, { do: kind, name, ...settings }: AgentChange, now: number): AgentChanged {
  if (kind === 'remove') {
    removeAgent(file, name)
    return {}
  }
  if (kind === 'set') return { agent: told(setAgent(file, name, given(settings))) }
  const { token, agent } = addAgent(file, name, given(settings), now)
  return { token, agent: told(agent) }
}

function told({ token: _token, ...agent }: RegisteredAgent): Omit<RegisteredAgent, 'token'> {
  return agent
}

/** For the command line alone: whoever has a session in a browser gives nobody a token. */
export function agentRoutes(parts: AgentChangeParts) {
  return new Hono<ApiEnvironment>().post('/agents', sent(agentChangeSchema), (context) => {
    if (context.get('credential').kind === 'session')
      return context.json(refusal('who may send is changed on the command line', "use 'tallyman agent'"), 403)
    return context.json(changeAgents(parts, context.req.valid('json'), actorOf(context)))
  })
}

export const AGENT_ROUTES = ['POST /agents'] as const
