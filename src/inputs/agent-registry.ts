import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { UserError } from '../domain/errors.ts'
import { parsedJson } from './agent-entry.ts'

const attribute = z.string().min(1).max(256)
const agent = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, dots, dashes; at most 64'),
  /** SHA-256 of its token. */
  token: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of all that it tells. */
  host: attribute,
  node: attribute.optional(),
  cluster: attribute.optional(),
  /** It may also tell of other machines and of clusters. */
  relays: z.boolean().default(false),
  /** ISO 8601. */
  added: z.string(),
})
const registry = z.strictObject({ agents: z.array(agent).max(10_000) })

/** An agent that may send. */
export type RegisteredAgent = z.infer<typeof agent>
export type AgentSettings = Partial<Pick<RegisteredAgent, 'host' | 'node' | 'cluster' | 'relays'>>

/** Who may send; its token says who it is, and nothing that it sends says otherwise. */
export interface AgentRegistry {
  list(): readonly RegisteredAgent[]
  /** The agent of this token; undefined for a stranger's. */
  of(token: string): RegisteredAgent | undefined
  /** Takes what stands in the file now. Throws a UserError, and nothing changes, where it is of no use. */
  reread(): void
}

/** Throws a UserError where the file is there and of no use. */
export function openAgents(file: string): AgentRegistry {
  let agents = readAgents(file)
  return {
    list: () => agents,
    of(token) {
      const shown = hashed(token)
      let found: RegisteredAgent | undefined
      // all are compared, so that the time that it takes tells nothing of any
      for (const each of agents) if (timingSafeEqual(shown, Buffer.from(each.token, 'hex'))) found = each
      return found
    },
    reread() {
      agents = readAgents(file)
    },
  }
}

/** Adds an agent; its token, which stands nowhere else. Throws a UserError where there is one of that name. */
export function addAgent(
  file: string,
  name: string,
  settings: AgentSettings,
  now: number,
): { readonly token: string; readonly agent: RegisteredAgent } {
  const agents = readAgents(file)
  if (agents.some((each) => each.name === name))
    throw new UserError(`there is an agent ${name} already`, {
      mend: `'tallyman agent remove ${name}' takes its token away; then add it again`,
    })
  const token = `${name}.${randomBytes(32).toString('base64url')}`
  const added = checked({
    ...settings,
    name,
    host: settings.host ?? name,
    token: hashed(token).toString('hex'),
    added: new Date(now).toISOString(),
  })
  const twin = agents.find(({ host }) => host === added.host)
  if (twin !== undefined)
    throw new UserError(`agent ${twin.name} tells of the machine ${added.host} already`, {
      mend: 'name another machine with --host: what two agents tell of one cannot be kept apart',
    })
  writeAgents(file, [...agents, added])
  return { token, agent: added }
}

/** Changes what an agent is taken for. Throws a UserError where there is none of that name. */
export function setAgent(file: string, name: string, settings: AgentSettings): RegisteredAgent {
  const agents = readAgents(file)
  const before = agents.find((each) => each.name === name)
  if (before === undefined) throw unknownAgent(name, agents)
  const after = checked({ ...before, ...settings })
  const twin = agents.find((each) => each.host === after.host && each.name !== name)
  if (twin !== undefined)
    throw new UserError(`agent ${twin.name} tells of the machine ${after.host} already`, {
      mend: 'name another machine with --host',
    })
  writeAgents(
    file,
    agents.map((each) => (each.name === name ? after : each)),
  )
  return after
}

/** Its token opens nothing any more. Throws a UserError where there is none of that name. */
export function removeAgent(file: string, name: string): void {
  const agents = readAgents(file)
  const rest = agents.filter((each) => each.name !== name)
  if (rest.length === agents.length) throw unknownAgent(name, agents)
  writeAgents(file, rest)
}

function unknownAgent(name: string, agents: readonly RegisteredAgent[]): UserError {
  const names = agents.map((each) => each.name).join(', ')
  return new UserError(`there is no agent ${name}`, {
    mend: names === '' ? `'tallyman agent add ${name}' adds it` : `there are ${names}`,
  })
}

export function readAgents(file: string): readonly RegisteredAgent[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new UserError(`cannot read the agents: ${(cause as Error).message}`, {
      file,
      mend: 'make it readable for this user',
      cause,
    })
  }
  const parsed = registry.safeParse(parsedJson(text))
  if (parsed.success) return parsed.data.agents
  throw new UserError(`${file} does not hold agents: ${parsed.error.issues[0]?.message ?? ''}`, {
    file,
    mend: "restore it, or remove it and add the agents again with 'tallyman agent add'",
  })
}

function checked(candidate: object): RegisteredAgent {
  const parsed = agent.safeParse(candidate)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new UserError(`${issue?.path.join('.') ?? 'agent'}: ${issue?.message ?? 'not valid'}`, {
    mend: 'such as: tallyman agent add web-1 --host web-1.example.org',
  })
}

/** Whole or not at all: the daemon reads it while it is written. */
function writeAgents(file: string, agents: readonly RegisteredAgent[]): void {
  const fresh = `${file}.new`
  try {
    writeFileSync(fresh, `${JSON.stringify({ agents }, undefined, 2)}\n`, { mode: 0o600 })
    renameSync(fresh, file)
  } catch (cause) {
    throw new UserError(`cannot write the agents: ${(cause as Error).message}`, {
      file,
      mend: 'make its folder writable for this user, or name the data folder with --data',
      cause,
    })
  }
}

function hashed(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
