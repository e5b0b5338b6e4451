import type { AuditLine } from './audit-line.ts'
import { isObject, listOf } from './json.ts'

/** Numbers that nobody brought. */
export interface MissingSerials {
  readonly node: string
  readonly count: number
  /** Times of the records around them, ms. */
  readonly since: number
  readonly until: number
}

/** Watches the numbers that the kernel gives events, of each machine. */
export interface Serials {
  /** What is missing, once it has been awaited. */
  observe(line: AuditLine): readonly MissingSerials[]
  /** What is missing still. */
  settle(): readonly MissingSerials[]
  checkpoint(): unknown
}

interface Range {
  readonly first: number
  readonly last: number
  readonly since: number
  readonly until: number
}

interface Node {
  /** Of the newest event. */
  readonly serial: number
  readonly time: number
  readonly missing: readonly Range[]
  /** Until when gaps were told, ms: where each event has one, they are told once a minute. */
  readonly told: number
  /** Numbers that are missing and not told yet. */
  readonly untold?: number
}

const SERIALS = 2 ** 32
/** A larger step is no gap, but another boot. */
const MAX_STEP = 1_000_000
/** Records may come late by so much, ms. */
const PATIENCE = 2_000
const MAX_NODES = 64
const MAX_RANGES = 64
const MINUTE = 60_000

export function createSerials(checkpoint?: unknown): Serials {
  const nodes = new Map<string, Node>()
  for (const entry of listOf(checkpoint)) {
    const [name, node] = Array.isArray(entry) ? entry : []
    if (typeof name === 'string' && isNode(node)) nodes.set(name, node)
  }
  return {
    observe(line) {
      // auditd numbers what it tells of itself in its own way
      if (line.type.startsWith('DAEMON_')) return []
      const name = (line.node ?? '').slice(0, 255)
      const known = nodes.get(name)
      if (known === undefined && nodes.size >= MAX_NODES) return []
      const next = known === undefined ? begun(line) : after(known, line)
      const overdue = next.missing.filter(({ until }) => until < line.time - PATIENCE)
      const missing = next.missing.filter((range) => !overdue.includes(range))
      const crowded = missing.splice(0, Math.max(0, missing.length - MAX_RANGES))
      const due = [...overdue, ...crowded]
      const untold = (next.untold ?? 0) + countOf(due)
      const news = due.findLast(({ until }) => Math.abs(until - next.told) >= MINUTE)
      nodes.set(name, {
        ...next,
        missing,
        told: news?.until ?? next.told,
        untold: news === undefined ? untold : 0,
      })
      return news === undefined ? [] : [{ node: name, count: untold, since: news.since, until: news.until }]
    },
    settle() {
      const all = [...nodes].flatMap(([name, { missing, untold = 0, told }]): readonly MissingSerials[] => {
        const count = untold + countOf(missing)
        const { since = told, until = told } = missing[0] ?? {}
        return count === 0 ? [] : [{ node: name, count, since, until: missing.at(-1)?.until ?? until }]
      })
      for (const [name, node] of nodes) nodes.set(name, { ...node, missing: [], untold: 0 })
      return all
    },
    checkpoint: () => (nodes.size === 0 ? undefined : [...nodes]),
  }
}

function begun({ serial, time }: AuditLine, before?: Node, gap: readonly Range[] = []): Node {
  const { missing = [], told = 0, untold = 0 } = before ?? {}
  return { serial, time, missing: [...missing, ...gap], told, untold }
}

function countOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

function after(node: Node, line: AuditLine): Node {
  const { serial, time } = line
  const step = (serial - node.serial + SERIALS) % SERIALS
  if (step === 0) return node
  if (step <= MAX_STEP) {
    // behind the largest number comes zero: a gap over that is told as far as the largest
    const first = node.serial + 1
    const last = serial > node.serial ? serial - 1 : SERIALS - 1
    const isGap = step > 1 && last >= first
    const gap = isGap ? [{ first, last, since: node.time, until: Math.max(time, node.time) }] : []
    return begun(line, node, gap)
  }
  const isLate = SERIALS - step <= MAX_STEP && time <= node.time + PATIENCE
  if (!isLate) return begun(line, node)
  return { ...node, missing: node.missing.flatMap((range) => without(range, serial)) }
}

function without(range: Range, serial: number): readonly Range[] {
  if (serial < range.first || serial > range.last) return [range]
  return [
    { ...range, last: serial - 1 },
    { ...range, first: serial + 1 },
  ].filter(({ first, last }) => first <= last)
}

function isNode(value: unknown): value is Node {
  return (
    isObject(value) &&
    typeof value['serial'] === 'number' &&
    typeof value['time'] === 'number' &&
    typeof value['told'] === 'number' &&
    (value['untold'] === undefined || typeof value['untold'] === 'number') &&
    listOf(value['missing']).every(
      (range) =>
        isObject(range) &&
        ['first', 'last', 'since', 'until'].every((name) => typeof range[name] === 'number'),
    ) &&
    Array.isArray(value['missing'])
  )
}
