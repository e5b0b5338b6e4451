import { readFileSync, statSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { awaitedInput, configuredInput, speaksAs } from '../daemon/configured-input.ts'
import { containersFirst } from '../daemon/containers-first.ts'
import { dataFiles, lockDataFolder } from '../daemon/data-folder.ts'
import { discoveredInputs } from '../daemon/discovered-inputs.ts'
import { discover } from '../daemon/discovery.ts'
import { configuredWords, startWords } from '../daemon/discovery-view.ts'
import { systemClock } from '../daemon/clock.ts'
import { createTending } from '../daemon/tending.ts'
import { UserError } from '../domain/errors.ts'
import type { AgentHello } from '../inputs/agent-hello.ts'
import type { Input, Reach } from '../inputs/input.ts'
import { openSpool } from '../store/sqlite-spool.ts'
import { deliver } from './deliver.ts'
import { feed, type Fed } from './feed.ts'
import { daemonAt } from './post.ts'
import { createSignals } from './signals.ts'

export interface AgentOptions {
  readonly config: Config
  /** Where the machine's root is; `/` unless told. */
  readonly hostRoot?: string
  /** Where it sends to. */
  readonly to: string
  readonly tokenFile: string
  /** PEM file of an authority. */
  readonly ca?: string
  readonly plain: boolean
  /** Bytes: of the spool at most, and of its file system that are left to others. */
  readonly spool: number
  readonly keepFree: number
  /** One line for people; hostile text is the caller's to make safe. */
  readonly say: (line: string) => void
}

/** So long it tries at its end to send what it has, ms; the rest is sent after the next start. */
const FAREWELL = 2_000
/** Where there is no room, it is tried again so often, ms: others may make some. */
const ROOM_EVERY = 1_000

/**
 * The agent: inputs → spool → a daemon elsewhere. Runs until the signal aborts, or all inputs have ended and all of
 * it is sent. Throws a UserError where the data folder is taken, or token, address or authority are of no use.
 */
export async function runAgent(options: AgentOptions, signal: AbortSignal): Promise<void> {
  const { config, say } = options
  const now = Date.now
  const found = discover({
    env: process.env,
    ...(options.hostRoot === undefined ? {} : { root: options.hostRoot }),
  })
  const isConfigured = config.inputs.length > 0
  // a cluster is no part of a machine, and one daemon asks it once for all
  const wanted = isConfigured
    ? config.inputs
    : discoveredInputs(found).filter(({ type }) => type !== 'kubernetes')
  for (const { type, name } of wanted) {
    if (type === 'agents')
      throw new UserError(`an agent hears no agents: ${name}`, {
        mend: 'leave inputs of type agents to the daemon: agents send to it directly',
      })
    if (type === 'kubernetes')
      throw new UserError(`an agent asks no cluster: ${name}`, {
        mend: 'leave inputs of type kubernetes to the daemon: an agent tells of its own machine alone',
      })
  }
  const daemon = daemonAt({
    to: options.to,
    token: readToken(options.tokenFile, say),
    ca: options.ca,
    plain: options.plain,
  })
  using atEnd = new DisposableStack()
  atEnd.defer(() => daemon.close())
  atEnd.adopt(lockDataFolder(config.data), (held) => held.release())
  const file = dataFiles(config.data).spool
  const spool = atEnd.adopt(openSpool({ file, bound: options.spool, keepFree: options.keepFree }), (opened) =>
    opened.close(),
  )
  say(`keeps what is not sent yet in ${file}`)
  for (const words of isConfigured ? configuredWords(config.inputs) : startWords(found)) say(words)
  say(`sends to ${options.to}`)

  const places = { data: config.data, say }
  const allowed = speaksAs(wanted)
  const typed = containersFirst(
    wanted.map((each) => ({
      type: each.type,
      input: isConfigured ? configuredInput(each, places) : awaitedInput(each, places),
    })),
  )
  const fed = typed.map(({ type, input }): Fed => ({
    about: { name: input.name, type, sources: allowed.get(input.name) },
    input,
    isReadAgain: type === 'docker',
  }))
  const kept = createSignals()
  const room = createSignals()
  /** Inputs for which there is no room, and since when there is none, ms. */
  const held = new Set<string>()
  let fullSince: number | undefined
  const { tend } = createTending({
    now,
    failed: (input, { message, mend }) => say(`${input}: ${message}; ${mend}`),
    again: (input) => say(`${input}: is read again`),
  })
  const parts = {
    spool,
    now,
    kept: kept.give,
    holding: (input: string, isHeld: boolean) => {
      if (isHeld) held.add(input)
      else held.delete(input)
      if (held.size > 0 === (fullSince !== undefined)) return
      fullSince = held.size > 0 ? now() : undefined
      say(isHeld ? `no room for ${file}: inputs are held back` : 'there is room again: inputs are read on')
    },
    room: (until: AbortSignal) => room.next(ROOM_EVERY, until),
    tend,
  }
  const ended = new Set<string>()
  const inputs = (): AgentHello['inputs'] => fed.map((each) => helloInput(each, { ended, held, now: now() }))
  const stop = new AbortController()
  const delivering = deliver(
    {
      spool,
      daemon,
      now,
      inputs,
      full: () => fullSince,
      acknowledged: room.give,
      more: kept.next,
      wait: systemClock.wait,
      random: Math.random,
      say,
    },
    stop.signal,
  )
  // without what sends, nothing is read either
  const broken = new AbortController()
  const watched = delivering.catch((cause: unknown) => {
    broken.abort()
    throw cause
  })
  const ending = AbortSignal.any([signal, broken.signal])
  try {
    await Promise.all(
      fed.map(async (each) => {
        await feed(each, parts, ending)
        ended.add(each.about.name)
      }),
    )
    if (!ending.aborted) say('all inputs have ended')
    await sent(spool, room, ending)
  } finally {
    stop.abort()
    await watched
  }
  say('stopped')
}

/** Resolves when all of it is sent; once the signal aborts, after a moment. */
async function sent(
  spool: ReturnType<typeof openSpool>,
  room: ReturnType<typeof createSignals>,
  signal: AbortSignal,
): Promise<void> {
  const isSent = (): boolean => {
    const { acknowledged, last } = spool.state()
    return acknowledged === last
  }
  while (!isSent() && !signal.aborted) await room.next(ROOM_EVERY, signal)
  const late = AbortSignal.timeout(FAREWELL)
  while (!isSent() && !late.aborted) await room.next(FAREWELL, late)
}

function helloInput(
  { about: { name, type }, input }: Fed,
  {
    ended,
    held,
    now,
  }: { readonly ended: ReadonlySet<string>; readonly held: ReadonlySet<string>; readonly now: number },
): AgentHello['inputs'][number] {
  const reach = reachOf(input, { isEnded: ended.has(name), isHeld: held.has(name), now })
  return {
    name,
    type,
    ...(input.awaited?.() === true && { awaited: true as const }),
    ...(reach !== undefined && { reach }),
  }
}

/** One that is held back has come as far as what is kept of it, whatever it says. */
function reachOf(
  { reach }: Input,
  { isEnded, isHeld, now }: { readonly isEnded: boolean; readonly isHeld: boolean; readonly now: number },
): Reach | undefined {
  if (isHeld) return { kind: 'behind' }
  return isEnded ? { kind: 'caught-up', until: now } : reach?.()
}

function readToken(file: string, say: (line: string) => void): string {
  let token: string
  try {
    token = readFileSync(file, 'utf8').trim()
    if ((statSync(file).mode & 0o077) !== 0)
      say(`others can read the token in ${file}, and send in this machine's name: chmod 600`)
  } catch (cause) {
    throw new UserError(`cannot read the token: ${(cause as Error).message}`, {
      file,
      mend: "name the file that holds what 'tallyman agent add' printed on the daemon's machine, with --token-file",
      cause,
    })
  }
  if (/^[\w.~+/=-]{16,512}$/.test(token)) return token
  throw new UserError(`${file} does not hold a token`, {
    file,
    mend: "write the one line into it that 'tallyman agent add' printed on the daemon's machine",
  })
}
