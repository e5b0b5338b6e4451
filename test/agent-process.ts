import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const LAUNCHER = resolve(import.meta.dirname, '../bin/tallyman')

/** An agent in a process of its own, as a user starts it. */
export interface AgentProcess {
  readonly process: ChildProcess
  /** What it has printed so far. */
  printed(): string
  kill(signal: NodeJS.Signals): Promise<number | null>
}

/** What it is started with; `netns` is the namespace that it runs in. */
export interface AgentPlace {
  readonly data: string
  readonly config: string
  readonly to: string
  readonly ca?: string
  readonly netns?: string
  readonly more?: readonly string[]
}

export function startAgent({ data, config, to, ca, netns, more = [] }: AgentPlace): AgentProcess {
  const words = [LAUNCHER, 'agent', '--to', to, '--config', config, '--data', data, ...more]
  if (ca !== undefined) words.push('--ca', ca)
  const [program = LAUNCHER, ...rest] =
    netns === undefined ? words : ['nsenter', `--net=/run/netns/${netns}`, ...words]
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  const note = (chunk: Buffer): void => {
    printed += chunk.toString()
  }
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  const exited = once(child, 'exit')
  return {
    process: child,
    printed: () => printed,
    async kill(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await exited
      return child.exitCode
    },
  }
}

/** Lets an agent send to the daemon of a data folder; its token stands in the agent's own. */
export function addAgent(
  daemonData: string,
  agentData: string,
  name: string,
  more: readonly string[] = [],
): void {
  mkdirSync(agentData, { recursive: true })
  const words = ['agent', 'add', name, '--data', daemonData, ...more]
  const token = execFileSync(LAUNCHER, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  writeFileSync(join(agentData, 'agent.token'), token, { mode: 0o600 })
}
