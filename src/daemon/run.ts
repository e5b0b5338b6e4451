import { serve } from '@hono/node-server'
import { existsSync } from 'node:fs'
import { ENGINE_SOCKETS, isLoopback, type Config, type InputConfig } from '../config.ts'
import { createCommands } from '../commands.ts'
import { loadDetection, type Detection } from '../detection.ts'
import { UserError } from '../domain/errors.ts'
import { dockerInput } from '../inputs/docker.ts'
import { listExpired } from '../engine/judge.ts'
import { fileInput } from '../inputs/file.ts'
import type { Input } from '../inputs/input.ts'
import { onceThere } from '../inputs/once-there.ts'
import { stdinInput } from '../inputs/stdin.ts'
import { runPipeline, type BatchResult } from '../pipeline.ts'
import { sources } from '../sources/index.ts'
import { openReader, openStore } from '../store/sqlite.ts'
import { createApi } from './api.ts'
import { createAuth } from './auth.ts'
import { dataFiles, lockDataFolder } from './data-folder.ts'
import { createLive } from './live.ts'
import { createStatus } from './status.ts'

export interface RunOptions {
  readonly config: Config
  readonly strategies: string
  readonly now: () => number
  /** One line for people; hostile text is the caller's to make safe. */
  readonly say: (line: string) => void
}

/**
 * The daemon: inputs → loop → store, and the API beside it. Runs until the signal aborts or all inputs end and
 * nothing is left to serve. Throws a UserError where the data folder is taken or cannot be written.
 */
export async function runDaemon(options: RunOptions, signal: AbortSignal): Promise<void> {
  const { config, now, say } = options
  const inputs = configuredInputs(config)
  const files = dataFiles(config.data)
  const site = config.site ?? files.site
  const lock = lockDataFolder(config.data)
  try {
    const store = openStore(files.store, { durable: true })
    const questions = openReader(files.store)
    const load = (): Promise<Detection> =>
      loadDetection({
        strategies: config.strategies ?? options.strategies,
        rules: config.rules,
        site,
        zone: config.zone,
        now,
      })
    let detection = await load()
    let loaded = now()
    tellDetection(detection, say)
    const reload = async (): Promise<void> => {
      detection = await load()
      loaded = now()
      tellDetection(detection, say)
    }
    const hangUp = (): void =>
      void reload().catch((cause: unknown) => say(`reload failed, the rules before stay: ${String(cause)}`))
    process.on('SIGHUP', hangUp)
    // Lists are compiled into rules: one that expires must be compiled out.
    const lookAtLists = setInterval(() => {
      if (listExpired(detection.site, config.zone, loaded, now())) hangUp()
    }, 60_000)

    const auth = createAuth({ folder: config.data, now })
    const live = createLive()
    const status = createStatus(inputs, now)
    const commands = createCommands({ store, site, now, reload })
    const address = { ...config.listen }
    const hosts = (): readonly string[] => allowedHosts(address)
    const api = createApi({
      reader: questions,
      commands,
      detection: () => detection,
      auth,
      status: status.current,
      live,
      now,
      hosts,
      report: (cause) => say(`request failed: ${String(cause)}`),
    })
    const server = await listen(api.fetch, address)
    try {
      const url = `http://${isLoopback(address.host) ? bracketed(address.host) : '127.0.0.1'}:${address.port}`
      lock.announce({ pid: process.pid, url })
      tellInputs(config, inputs, say)
      say(`open ${auth.loginLink(address.origin ?? url)}  (works once, for 15 minutes)`)
      const committed = (result: BatchResult): void => {
        status.committed(result)
        live.committed(result, store)
        for (const line of news(result, store)) say(line)
      }
      await runPipeline(
        inputs.map(({ input }) => input),
        { store, sources, detection: () => detection, now, committed },
        signal,
      )
      if (!signal.aborted) say('all inputs have ended')
    } finally {
      process.off('SIGHUP', hangUp)
      clearInterval(lookAtLists)
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      questions.close()
      store.close()
    }
  } finally {
    lock.release()
  }
}

/** The inputs of the configuration; without any, the engines at their usual sockets, as soon as they are there. */
function configuredInputs(
  config: Config,
): readonly { readonly type: InputConfig['type']; readonly input: Input }[] {
  if (config.inputs.length > 0)
    return config.inputs.map((each) => ({ type: each.type, input: createInput(each) }))
  return ENGINE_SOCKETS.map(({ name, socket }) => ({
    type: 'docker',
    input: onceThere(socket, createInput({ type: 'docker', name, socket })),
  }))
}

function createInput(config: InputConfig): Input {
  switch (config.type) {
    case 'file':
      return fileInput({ name: config.name, paths: config.paths, follow: config.follow })
    case 'docker':
      return dockerInput({ name: config.name, socket: config.socket, now: Date.now })
    case 'stdin':
      return stdinInput({ name: config.name })
  }
}

function tellInputs(
  { data, inputs: configured }: Config,
  inputs: readonly { readonly input: Input }[],
  say: (line: string) => void,
): void {
  say(`watching ${inputs.map(({ input }) => input.name).join(', ')}; data in ${data}`)
  if (configured.length > 0) return
  for (const { name, socket } of ENGINE_SOCKETS) {
    say(
      existsSync(socket)
        ? `${name}: found at ${socket}`
        : `${name}: nothing at ${socket} yet; it is watched as soon as it is there`,
    )
  }
  say(
    'to read files too, name inputs in tallyman.yaml and start with --config tallyman.yaml (docs/configuration.md)',
  )
}

function tellDetection({ ruleset, strategies, problems }: Detection, say: (line: string) => void): void {
  for (const { file, line, message } of problems) say(`refused: ${file}:${line}: ${message}`)
  const unset = [...new Set(ruleset.rules.flatMap((rule) => (rule.weakened ? rule.unsetLists : [])))]
  say(`${ruleset.rules.length} rules of ${strategies.length} strategies loaded`)
  if (unset.length > 0)
    say(`lists not set, so that some alternatives are off: ${unset.join(', ')} (see 'tallyman doctor')`)
}

function* news(
  { alerts, findings }: BatchResult,
  store: { alert(id: string): { level: string; rule: { title: string }; strategy: string } | undefined },
): Iterable<string> {
  for (const { id, opened } of alerts) {
    const alert = opened ? store.alert(id) : undefined
    if (alert !== undefined)
      yield `${alert.level} alert: ${alert.rule.title} [${alert.strategy}] ${id.slice(0, 8)}`
  }
  for (const { kind, message } of findings) yield `${kind}: ${message}`
}

const MAX_CONNECTIONS = 256

interface Address {
  readonly host: string
  port: number
  readonly origin?: string | undefined
}

function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  address: Address,
): Promise<ReturnType<typeof serve>> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: address.host, port: address.port }, (info) => {
      address.port = info.port
      // Whoever reaches loopback must not use up the descriptors that inputs need.
      server.maxConnections = MAX_CONNECTIONS
      resolve(server)
    })
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new UserError(`cannot listen on ${address.host}:${address.port}: ${cause.message}`, {
          mend: 'name another port with --port, or an address of this machine in the configuration',
          cause,
        }),
      )
    })
  })
}

/** This machine's names for itself, and the origin of the proxy where there is one: nobody else's. */
function allowedHosts({ port, origin }: Address): readonly string[] {
  const own = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`)
  return origin === undefined ? own : [...own, new URL(origin).host]
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
