import type { Config } from '../config/config.ts'
import { dataFiles, runningDaemon } from '../daemon/data-folder.ts'
import type { AgentStatusView, StatusView } from '../daemon/status.ts'
import { bytes } from '../domain/bytes.ts'
import { makeFolder } from '../domain/make-folder.ts'
import { durationWords } from '../domain/day.ts'
import { changeAgents, type AgentChange, type AgentChanged } from '../daemon/agent-changes.ts'
import { readAgents, type AgentSettings, type RegisteredAgent } from '../inputs/agent-registry.ts'
import { askDaemon } from './ask-daemon.ts'
import { EXIT, type Exit } from './exit.ts'
import { count, printJson, safe, type Output } from './output.ts'
import { writeThrough } from './write-through.ts'

/** Prints the token alone, so that it can be piped; it stands nowhere else. */
export async function addAgentToken(
  config: Config,
  name: string,
  settings: AgentSettings,
  output: Output,
): Promise<Exit> {
  const { token = '', agent } = await change(config, { do: 'add', name, ...settings })
  output.err(
    `agent ${safe(name)} may send, ${placeWords(agent)}; this is its token, and stands nowhere else:\n`,
  )
  output.out(`${token}\n`)
  if (!config.inputs.some(({ type }) => type === 'agents'))
    output.err(`no input hears it yet: add { type: agents, name: agents } to inputs of the configuration\n`)
  return EXIT.ok
}

export async function setAgentPlace(
  config: Config,
  name: string,
  settings: AgentSettings,
  output: Output,
): Promise<Exit> {
  const { agent } = await change(config, { do: 'set', name, ...settings })
  output.err(`agent ${safe(name)} is heard, ${placeWords(agent)}, within seconds\n`)
  return EXIT.ok
}

export async function removeAgentToken(config: Config, name: string, output: Output): Promise<Exit> {
  await change(config, { do: 'remove', name })
  output.err(`the token of agent ${safe(name)} opens nothing any more, within seconds\n`)
  return EXIT.ok
}

/** Through the daemon where one runs; audited either way. */
async function change(config: Config, wanted: AgentChange): Promise<AgentChanged> {
  makeFolder(config.data)
  const { agents: file } = dataFiles(config.data)
  return (await writeThrough(config, {
    path: '/api/agents',
    body: wanted,
    direct: (_commands, actor, store) => changeAgents({ store, file, now: Date.now }, wanted, actor),
  })) as AgentChanged
}

export async function listAgents(config: Config, json: boolean, output: Output): Promise<Exit> {
  const daemon = runningDaemon(config.data)
  const heard = daemon === undefined ? [] : await heardAgents(config, daemon)
  const agents = readAgents(dataFiles(config.data).agents)
  for (const agent of agents) {
    const { token: _token, ...told } = agent
    const status = heard.find(({ name }) => name === agent.name)
    if (json || !output.terminal) printJson(output, { ...told, ...status })
    else output.out(`${safe(agent.name)}  ${placeWords(agent)}\n  ${safe(doing(status))}\n`)
  }
  output.err(agents.length === 0 ? 'no agent may send\n' : `${count(agents.length, 'agent')}\n`)
  return EXIT.ok
}

async function heardAgents(
  config: Config,
  daemon: NonNullable<ReturnType<typeof runningDaemon>>,
): Promise<readonly AgentStatusView[]> {
  const status = (await askDaemon(daemon, config.data, '/api/status')) as StatusView
  return status.inputs.flatMap(({ agents = [] }) => agents)
}

function placeWords({ host = '', node, cluster, relays = false }: Partial<RegisteredAgent> = {}): string {
  const words = [
    `of the machine ${host}`,
    ...(node === undefined ? [] : [`node ${node}`]),
    ...(cluster === undefined ? [] : [`cluster ${cluster}`]),
    ...(relays ? ['and of others'] : []),
  ]
  return safe(words.join(', '))
}

/** How an agent is doing, in one line. */
function doing(status: AgentStatusView | undefined): string {
  if (status === undefined) return 'not known: no daemon runs, or none of its inputs hears agents'
  const { state, contact, spool, delay, full, lost, skew } = status
  if (state === 'never') return 'never heard'
  return [
    `${state}, last heard ${contact ?? 'never'}`,
    `spool ${bytes(spool.bytes)} of ${bytes(spool.bound)}`,
    ...(delay > 5_000 ? [`${durationWords(delay)} behind`] : []),
    ...(full === undefined ? [] : [`without room since ${full}`]),
    ...(lost === 0 ? [] : [`${count(lost, 'record')} lost`]),
    ...(Math.abs(skew) > 10_000 ? [`clock off by ${durationWords(Math.abs(skew))}`] : []),
  ].join(', ')
}
