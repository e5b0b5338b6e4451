import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../domain/errors.ts'
import type { Finding, Resource } from '../domain/event.ts'
import { engineStream } from '../domain/engine-stream.ts'
import { digest } from '../domain/hash.ts'
import { inspectContainers, withAdded, type EngineIdentity, type Inspected } from './container-inspect.ts'
import { createPosition, type DockerCheckpoint, type Position } from './docker-position.ts'
import { engineApi, EngineError, parseObject, type EngineApi } from './engine-api.ts'
import { changesSpecification, endsContainer, parseEvent, type EngineEvent } from './engine-event.ts'
import { containerIds, runningPoll } from './engine-looks.ts'
import { changesPoll } from './engine-changes.ts'
import { startPolls, type Poll } from './engine-polls.ts'
import { engineImages, type EngineImages } from './image-inspect.ts'
import { statsPoll } from './engine-stats.ts'
import type { Input, InputBatch, Reach, Resume } from './input.ts'
import { lineQueue } from './line-queue.ts'

export interface DockerInputOptions {
  readonly name: string
  /** Path of the engine's socket, or http://host:port. */
  readonly socket: string
  /** Wall clock, ms. */
  readonly now: () => number
  /** What the engine is asked beside its events, and how often. */
  readonly looks?: EngineLooks
}

/** ms from one look to the next; never where it is undefined. */
export interface EngineLooks {
  /** Which containers run. */
  readonly running?: number | undefined
  /** What those use. */
  readonly stats?: number | undefined
  /** What those have other than their image. */
  readonly changes?: number | undefined
}

const FIRST_PAUSE = 250
const LONGEST_PAUSE = 10_000
/** An engine that is away for longer is told; a restart takes a few seconds. */
const PATIENCE = 5_000
const INSPECTS_A_BATCH = 32
const EVENTS_A_BATCH = 512
export const TOO_LARGE = 'docker: event larger than 16 MiB'
/** Docker keeps so many events to replay. */
const RING = 256

/**
 * A container engine over Docker's API, Docker itself or Podman; it is only read. One stream,
 * `docker:<input>:<engine id>`, of whole JSON lines:
 * - events, as the engine says them; that a container joins a network with the key `x-tallyman` { running: whether
 *   it ran in another one by then };
 * - specifications: the inspect document with the key `x-tallyman` { engine, host, uid, inventory, observed (ms; for a
 *   container that was inspected before), volumes: {name: {Driver, Options}}, realPaths: {path: path} }. `inventory` is true for what was there before
 *   this engine was first watched. With `image`, what the engine says of its image (`ImageAddition`). They come at the
 *   first start, after each event that may change one, and when events were lost;
 * - `{"x-tallyman":{"engine","host","gone":<id>,"observed"}}` for a container that disappeared unseen;
 * - `{"x-tallyman":{"engine","host","running":[<id>],"observed","interval"}}`, those that run now, where `looks` says how often;
 * - where it says so, their samples as `GET /containers/{id}/stats` has them, with `id`; and what they have other than
 *   their image, `{"Path","Kind","x-tallyman":{"container","engine","host","observed"}}`, each once while it is watched.
 *
 * Findings: `specification-unresolved` for a container gone before its inspect, `unobserved-interval` where
 * the engine no longer holds the last event that was handed on. (Where it held none at all when last asked,
 * a loss shows by its ring of 256 being full, or by containers that came or went without an event.)
 *
 * Throws a UserError where the socket refuses. An engine that is away is tried again; being away is an
 * `unobserved-interval` that grows.
 */
export function dockerInput({ name, socket, now, looks = {} }: DockerInputOptions): Input {
  let isSettled = false
  const settle = (): void => {
    isSettled = true
  }
  let reach: Reach = { kind: 'cut', since: now() }
  return {
    name,
    settled: () => isSettled,
    reach: () => (reach.kind === 'caught-up' ? { kind: 'caught-up', until: now() } : reach),
    async *read(resume: Resume, signal: AbortSignal): AsyncIterable<InputBatch> {
      const api = engineApi(socket)
      let position: Position | undefined
      let pause = FIRST_PAUSE
      let awaySince: number | undefined
      while (!signal.aborted) {
        try {
          const engine = await identify(api, signal)
          if (position?.engine !== engine.id) {
            const stored = resume.checkpoint as DockerCheckpoint | undefined
            position = createPosition(
              engine.id,
              engine.time,
              stored?.engine === engine.id ? stored : undefined,
            )
          }
          reach = { kind: 'behind' }
          const settled = (): void => {
            settle()
            reach = { kind: 'caught-up', until: now() }
          }
          const images = engineImages(api)
          yield* watch({ about: name, api, engine, images, position, now, signal, looks, settle: settled })
          reach = { kind: 'cut', since: now() }
          position.aliveAt = now()
          pause = FIRST_PAUSE
          awaySince = undefined
        } catch (cause) {
          if (signal.aborted) return
          if (reach.kind !== 'cut') reach = { kind: 'cut', since: now() }
          settle()
          if (!(cause instanceof EngineError)) throw cause
          refuseForbidden(cause, socket)
          awaySince ??= now()
          if (position === undefined || now() - awaySince >= PATIENCE) {
            yield {
              chunks: [],
              findings: [awayFinding(name, socket, awaySince, now(), cause)],
              unreadable: [],
            }
          }
        }
        await sleep(pause, undefined, { signal }).catch(() => {})
        pause = Math.min(LONGEST_PAUSE, pause * 2)
      }
    },
  }
}

/** The same finding as long as the engine is away: its interval grows. */
function awayFinding(
  about: string,
  socket: string,
  since: number,
  until: number,
  cause: EngineError,
): Finding {
  return {
    id: digest('engine-away', about, socket, String(since)),
    kind: 'unobserved-interval',
    about,
    since,
    until,
    message: `nothing is seen of ${socket}: ${cause.message}`,
  }
}

interface Session {
  readonly about: string
  readonly api: EngineApi
  readonly engine: EngineIdentity
  readonly images: EngineImages
  readonly position: Position
  readonly now: () => number
  readonly signal: AbortSignal
  readonly looks: EngineLooks
  /** Called when all that is there, and all that was missed, is committed. */
  readonly settle: () => void
}

/** One connection: what was missed, then what happens. Ends when the engine closes it. */
async function* watch(session: Session): AsyncGenerator<InputBatch> {
  const { about, api, engine, position, now, signal, settle } = session
  const wasWatched = position.inventoried
  let missed: readonly EngineEvent[] = []
  const handedOn = (): void => {
    missed = missed.filter((event) => !position.wasDelivered(event))
    if (missed.length === 0) settle()
  }
  // before the inventory, so that nothing falls between
  const over = new AbortController()
  const live = lineQueue(await api.events(secondsOf(position.since()), undefined, signal))
  try {
    if (wasWatched) {
      // in this order: a container that comes or goes after the list shows in the replay
      const there = await listContainers(session)
      missed = await replay(session)
      if (isLost(position, there, missed)) yield* heal(session, missed)
    } else yield* inventory(session)
    handedOn()
    const polls = startPolls(pollsOf(session), live.nudge, AbortSignal.any([signal, over.signal]))
    for (let lines = await live.next(); lines !== undefined; lines = await live.next()) {
      for (let from = 0; from < lines.length; from += EVENTS_A_BATCH) {
        const batch = await follow(session, lines.slice(from, from + EVENTS_A_BATCH))
        if (batch !== undefined) yield batch
        if (signal.aborted) return
        handedOn()
      }
      const oversized = live.takeOversized()
      if (oversized > 0) {
        yield {
          chunks: [],
          findings: [oversizedFinding(about, engine, oversized, now())],
          unreadable: [{ stream: about, reason: TOO_LARGE, count: oversized }],
        }
        // an event that is too large to read must not hide the container that it is about
        const there = await listContainers(session)
        yield* specifications(
          session,
          there.filter((id) => !position.containers.has(id)),
        )
      }
      const looked = polls.take()
      if (looked.length > 0) yield batchOf(session, looked, [])
    }
  } finally {
    over.abort()
    live.close()
  }
}

async function identify(api: EngineApi, signal: AbortSignal): Promise<EngineIdentity> {
  const version = parseObject(await api.text('/version', signal))
  const info = parseObject(await api.text('/info', signal))
  const components = version['Components']
  const isPodman =
    Array.isArray(components) &&
    components.some((part: { Name?: unknown } | null) => part?.Name === 'Podman Engine')
  const host = textOf(info['Name'])
  // Podman makes up a new ID for each request
  const id = isPodman ? `podman-${digest(host, textOf(info['DockerRootDir']))}` : textOf(info['ID'])
  if (id === '') throw new EngineError('what answers is no container engine', undefined)
  const uid = api.isLocal && isRootless(info) ? await ownerOf(textOf(info['DockerRootDir'])) : undefined
  return {
    kind: isPodman ? 'podman' : 'docker',
    id,
    host,
    time: timeOf(info),
    ...(uid !== undefined && { uid }),
  }
}

function isRootless({ SecurityOptions: options }: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(options) && options.includes('name=rootless')
}

/** Whose the engine's data is. */
async function ownerOf(folder: string): Promise<number | undefined> {
  const found = folder.startsWith('/') ? await stat(folder).catch(() => undefined) : undefined
  return found?.uid
}

/** The engine's clock, ms: event times are its own. */
async function engineTime(api: EngineApi, signal: AbortSignal): Promise<number> {
  return timeOf(parseObject(await api.text('/info', signal)))
}

function timeOf(info: Readonly<Record<string, unknown>>): number {
  return Date.parse(textOf(info['SystemTime'])) || Date.now()
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** What the engine still holds of the events since the last ones handed on, those included. */
async function replay({ api, position, signal }: Session): Promise<readonly EngineEvent[]> {
  // the next millisecond: what was just handed on is to be among it
  const until = BigInt((await engineTime(api, signal)) + 1) * 1_000_000n
  if (position.since() > until) return []
  const queue = lineQueue(await api.events(secondsOf(position.since()), secondsOf(until), signal))
  const events: EngineEvent[] = []
  for (let lines = await queue.next(); lines !== undefined; lines = await queue.next())
    events.push(...lines.map(parseEvent))
  return events
}

/** The engine replays in order: if any event that was handed on is still there, so is all that came after it. */
function isLost(
  position: Position,
  containers: readonly string[],
  replayed: readonly EngineEvent[],
): boolean {
  if (position.hasEvents()) return !replayed.some((event) => position.wasDelivered(event))
  if (replayed.length >= RING) return true
  const explained = new Set(replayed.map(({ container }) => container))
  const there = new Set(containers)
  const changed = [...there, ...position.containers].filter(
    (id) => !(there.has(id) && position.containers.has(id)),
  )
  return changed.some((id) => !explained.has(id))
}

function pollsOf({ looks: { running, stats, changes }, ...session }: Session): readonly Poll[] {
  return [
    ...(running === undefined ? [] : [runningPoll(session, running)]),
    ...(stats === undefined ? [] : [statsPoll(session, stats)]),
    ...(changes === undefined ? [] : [changesPoll(session, changes)]),
  ]
}

function listContainers({ api, signal }: Session): Promise<readonly string[]> {
  return containerIds(api, 'all', signal)
}

/** Every container that was not handed on yet, at the first start; goes on where it was interrupted. */
async function* inventory(session: Session): AsyncGenerator<InputBatch> {
  const { position } = session
  const ids = (await listContainers(session)).filter((id) => !position.containers.has(id))
  yield* specifications(session, ids)
  position.inventoried = true
  yield batchOf(session, [], [])
}

/** Events were lost: says so, and hands on what is there now and what is no longer. */
async function* heal(session: Session, replayed: readonly EngineEvent[]): AsyncGenerator<InputBatch> {
  const { about, engine, position, now } = session
  const [oldest] = replayed
  const since = Math.max(millisecondsOf(position.lastNano()), position.aliveAt)
  const until = Math.max(since, oldest === undefined ? now() : millisecondsOf(oldest.nano))
  const there = await listContainers(session)
  // what the engine still tells the end of is not gone unseen
  const told = new Set(replayed.filter(endsContainer).map(({ container }) => container))
  const gone = [...position.containers].filter((id) => !there.includes(id) && !told.has(id))
  for (const id of gone) position.containers.delete(id)
  const { kind, host } = engine
  const lines = gone.map((id) =>
    JSON.stringify({ 'x-tallyman': { engine: kind, host, gone: id, observed: now() } }),
  )
  yield batchOf(session, lines, [lostFinding(about, engine, since, until)])
  yield* specifications(session, there)
  if (replayed.length > 0) return
  // nothing is left to recognise the place by
  position.beginAgain(BigInt(engine.time) * 1_000_000n)
  position.aliveAt = now()
  yield batchOf(session, [], [])
}

async function* specifications(session: Session, ids: readonly string[]): AsyncGenerator<InputBatch> {
  const { position } = session
  for (let from = 0; from < ids.length; from += INSPECTS_A_BATCH) {
    const inspected = await inspectAll(session, ids.slice(from, from + INSPECTS_A_BATCH))
    const found = inspected.filter((one) => one.kind === 'found')
    for (const { id } of found) position.containers.add(id)
    // what is gone between list and inspect says so by its event
    const unresolved = inspected.filter((one) => one.kind === 'unresolved')
    yield batchOf(
      session,
      found.map(({ line }) => line),
      unresolved.map(({ id, reason }) =>
        unresolvedFinding(session, { id, time: session.now(), named: {} }, reason),
      ),
    )
  }
}

function inspectAll(session: Session, ids: readonly string[]): Promise<readonly Inspected[]> {
  const { position, now, signal } = session
  const about = (id: string, created: number): { inventory: boolean; observed?: number } => ({
    inventory: !position.inventoried && created < position.began,
    // A container that is new says itself when it was created.
    ...(position.containers.has(id) ? { observed: now() } : {}),
  })
  return inspectContainers(session, ids, about, signal)
}

/** The lines that are new, each event that may change a specification followed by what it is now. */
async function follow(session: Session, lines: readonly string[]): Promise<InputBatch | undefined> {
  const { position, images, now } = session
  const events = lines.map(parseEvent).filter((event) => !position.wasDelivered(event))
  if (events.length === 0) return undefined
  if (events.some(({ type }) => type === 'image')) images.forget()
  const ids = new Set(events.filter(changesSpecification).map(({ container }) => container ?? ''))
  // before anything is taken as handed on: an engine that stops answering here leaves all of it to be asked again
  const inspected = new Map((await inspectAll(session, [...ids])).map((one) => [one.id, one]))
  const untold = new Set(ids)
  const out: string[] = []
  const findings: Finding[] = []
  for (const event of events) {
    // the same event can stand in one answer twice
    if (position.wasDelivered(event)) continue
    out.push(lineOf(event, inspected.get(event.container ?? '')))
    position.deliver(event)
    if (endsContainer(event)) position.containers.delete(event.container ?? '')
    const known = changesSpecification(event) ? inspected.get(event.container ?? '') : undefined
    if (known === undefined || !untold.delete(known.id)) continue
    if (known.kind === 'found') {
      out.push(known.line)
      position.containers.add(known.id)
    } else if (known.kind === 'unresolved' || !position.containers.has(known.id))
      findings.push(
        unresolvedFinding(
          session,
          subjectOf(event),
          known.kind === 'gone' ? `it was gone before: ${known.reason}` : known.reason,
        ),
      )
  }
  position.aliveAt = now()
  return batchOf(session, out, findings)
}

/** An event as the engine says it; of one that joins a network it says not whether the container ran in another. */
function lineOf(event: EngineEvent, inspected: Inspected | undefined): string {
  if (event.action !== 'connect' || inspected?.kind !== 'found' || !event.line.endsWith('}'))
    return event.line
  const { runningSince, networks } = inspected
  // each start joins networks, too: just before it
  const running = runningSince !== undefined && runningSince < millisecondsOf(event.nano) && networks > 1
  return withAdded(event.line, { running })
}

function batchOf(
  { about, engine, images, position }: Session,
  lines: readonly string[],
  findings: readonly Finding[],
): InputBatch {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const stream = engineStream(about, engine.id)
  const chunks = bytes.length === 0 ? [] : [{ stream, offset: position.offset, bytes }]
  position.offset += bytes.length
  const count = images.takeFailures()
  const unreadable = count === 0 ? [] : [{ stream, reason: UNKNOWN_IMAGE, count }]
  return { chunks, findings, unreadable, checkpoint: position.checkpoint() }
}

export const UNKNOWN_IMAGE = 'docker.inspect: image that the engine does not describe'

function lostFinding(about: string, { id, host }: EngineIdentity, since: number, until: number): Finding {
  return {
    id: digest('unobserved-interval', id, String(since)),
    kind: 'unobserved-interval',
    about,
    since,
    until,
    message: 'the engine no longer holds the events of this interval; what runs now was inspected instead',
    resource: { 'host.name': host },
  }
}

interface Subject {
  readonly id: string
  /** ms. */
  readonly time: number
  /** What is known of it without its specification. */
  readonly named: Resource
}

function subjectOf(event: EngineEvent): Subject {
  const said = (key: string): string =>
    typeof event.attributes[key] === 'string' ? event.attributes[key].slice(0, 1024) : ''
  return {
    id: event.container ?? '',
    time: millisecondsOf(event.nano),
    // a network event's name and image are not the container's
    named:
      event.attributes['container'] === undefined
        ? { 'container.name': said('name'), 'container.image.name': said('image') }
        : {},
  }
}

function unresolvedFinding(
  { about, engine: { id: engine, host, kind } }: Session,
  { id, time, named }: Subject,
  reason: string,
): Finding {
  return {
    id: digest('specification-unresolved', engine, id),
    kind: 'specification-unresolved',
    about,
    since: time,
    until: time,
    message: `a container could not be inspected: ${reason}`,
    resource: { 'host.name': host, 'container.runtime.name': kind, 'container.id': id, ...named },
  }
}

function oversizedFinding(about: string, { id, host }: EngineIdentity, count: number, now: number): Finding {
  return {
    id: digest('bound-reached', id, String(now)),
    kind: 'bound-reached',
    about,
    since: now,
    until: now,
    message: `${count} event(s) of more than 16 MiB were left out`,
    resource: { 'host.name': host },
  }
}

function refuseForbidden(cause: EngineError, socket: string): void {
  const code = (cause.cause as NodeJS.ErrnoException | undefined)?.code
  if (code !== 'EACCES' && code !== 'EPERM') return
  throw new UserError(`permission denied at the engine’s socket ${socket}`, {
    file: socket,
    mend: 'run as a user that may read the socket: root, or a member of the group docker',
    cause,
  })
}

/** As the API takes it: `seconds.nanoseconds`. */
function secondsOf(nano: bigint): string {
  return `${nano / 1_000_000_000n}.${String(nano % 1_000_000_000n).padStart(9, '0')}`
}

function millisecondsOf(nano: bigint): number {
  return Number(nano / 1_000_000n)
}
