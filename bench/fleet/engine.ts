import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { recordedLine } from './recorded.ts'
import { shapeOf, type Shape } from './shape.ts'
import type { Container, Machine } from './world.ts'

/** What the Docker input hands on of a machine's engine, as an engine was recorded. Lines end with a newline. */
export interface Engine {
  /** What is there when it is read first. */
  inventory(): Told
  started(container: Container, now: number): Told
  ended(container: Container): Told
  /** What a health check asks the engine to run. */
  checked(container: Container, now: number): Told
  /** Which containers run. */
  running(now: number): Told
}

export interface Told {
  readonly text: string
  /** How many lines are inspect documents or lists, and how many events. */
  readonly inspect: number
  readonly events: number
}

const EVENTS = 'src/sources/fixtures/docker.events/recorded.jsonl'
const INSPECT = resolve(import.meta.dirname, '../../src/sources/fixtures/docker.inspect/recorded.json')
const RECORDED = '3f35e9bc93ed6168288ea92cc45feeb7f064a39219e42b6458630a3f828bf752'
/** ms between the lists of those that run, as the Docker input asks for them. */
export const LOOK = 15_000

export function createEngine(machine: Machine): Engine {
  const inspect = inspectShape()
  const events = {
    create: eventShape('"Action":"create"'),
    connect: eventShape('"Action":"connect"', '"name":"bridge"'),
    start: eventShape('"Action":"start"'),
    die: eventShape('"Action":"die"'),
    disconnect: eventShape('"Action":"disconnect"', '"name":"bridge"'),
    destroy: eventShape('"Action":"destroy"'),
    execCreate: eventShape('"Action":"exec_create: true'),
    execStart: eventShape('"Action":"exec_start: true'),
    execDie: eventShape(
      '"Action":"exec_die"',
      '877ce76c3b91f505009681c6e04bf94b352e814463a77f654e6f82fe5df27b3c',
    ),
  }
  const specification = (container: Container, extra: object): string =>
    inspect.filled({
      id: container.id,
      created: new Date(container.started).toISOString(),
      named: `"Name":"/${container.name}"`,
      image: container.image,
      address: container.address,
      power: `"Privileged":${container.image.includes(PLANTED)}`,
      end: `,"x-tallyman":${JSON.stringify({ engine: 'docker', host: machine.name, ...extra })}}\n`,
    })
  let nanoseconds = 0
  const event = (kind: keyof typeof events, container: Container, at: number): string => {
    nanoseconds = (nanoseconds + 1) % 1_000_000
    return `${events[kind].filled({
      id: container.id,
      image: container.image,
      named: `"name":"${container.name}"`,
      time: `"time":${Math.floor(at / 1_000)}`,
      stamp: `${Math.floor(at)}${String(nanoseconds).padStart(6, '0')}`,
    })}\n`
  }
  const told = (inspected: readonly string[], happened: readonly string[]): Told => ({
    text: [...happened, ...inspected].join(''),
    inspect: inspected.length,
    events: happened.length,
  })
  return {
    inventory: () =>
      told(
        machine.containers.map((each) => specification(each, { inventory: true })),
        [],
      ),
    started: (container, now) =>
      told(
        [specification(container, { inventory: false })],
        (['create', 'connect', 'start'] as const).map((kind) =>
          event(kind, container, Math.min(now, container.started)),
        ),
      ),
    ended(container) {
      const at = container.ended ?? 0
      return told(
        [],
        (['die', 'disconnect', 'destroy'] as const).map((kind) => event(kind, container, at)),
      )
    },
    checked: (container, now) =>
      told(
        [],
        (['execCreate', 'execStart', 'execDie'] as const).map((kind) => event(kind, container, now)),
      ),
    running: (now) =>
      told(
        [
          `${JSON.stringify({
            'x-tallyman': {
              engine: 'docker',
              host: machine.name,
              running: machine.containers.map(({ id }) => id),
              observed: now,
              interval: LOOK,
            },
          })}\n`,
        ],
        [],
      ),
  }
}

/** In the image's name of a container that is told to be privileged. */
export const PLANTED = 'planted'

function inspectShape(): Shape {
  const all = JSON.parse(readFileSync(INSPECT, 'utf8')) as readonly { readonly Id: string }[]
  const plain = JSON.stringify(all.find(({ Id }) => Id === RECORDED))
  return shapeOf(
    `${plain.slice(0, -1)}|end|`,
    [
      ['|end|', 'end'],
      [RECORDED, 'id'],
      ['2026-11-21T12:07:42.87640756Z', 'created'],
      ['"Name":"/plain"', 'named'],
      ['test/busybox:1', 'image'],
      ['198.18.0.2', 'address'],
      ['"Privileged":false', 'power'],
    ].map(([text = '', name = '']) => [text, name] as const),
  )
}

function eventShape(...marks: readonly string[]): Shape {
  const line = recordedLine(EVENTS, ...marks, RECORDED)
  const { time, timeNano } = /"time":(?<time>\d+),"timeNano":(?<timeNano>\d+)/.exec(line)?.groups ?? {}
  return shapeOf(line, [
    [timeNano ?? '', 'stamp'],
    [`"time":${time}`, 'time'],
    [RECORDED, 'id'],
    ...(line.includes('"name":"plain"') ? ([['"name":"plain"', 'named']] as const) : []),
    ...(line.includes('test/busybox:1') ? ([['test/busybox:1', 'image']] as const) : []),
  ])
}
