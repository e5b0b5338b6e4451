import { VIEWS, type View } from '../domain/container-look.ts'
import type { ContainerRow, ViewedContainer, ViewRow } from '../domain/state.ts'
import { sees } from './differences.ts'
import { isBreak } from './look-taken.ts'

/** Whether a view of a machine is looked by now: `blind` where it was, `absent` where none was ever told of. */
export type Sight = 'looks' | 'blind' | 'absent'

/** What a view says of a container; `unknown` where it cannot tell. */
export type Word = 'sees' | 'misses' | 'unknown'

/** The machines whose containers somebody looks at. */
export interface MachineView {
  readonly host: string
  readonly sight: Readonly<Record<View, Sight>>
  /** When each view was looked by last, ISO 8601. */
  readonly last: Readonly<Partial<Record<View, string>>>
}

/** A container, and who knows it. Every string may be hostile. */
export interface ContainerView {
  readonly host: string
  /** The full id, or what else names it on its machine. */
  readonly id: string
  readonly name?: string
  readonly image?: string
  readonly pod?: string
  /** Who created it, and who says so: audit, engine or label. */
  readonly creator?: string
  readonly creatorToldBy?: string
  readonly controlGroup?: string
  readonly command?: string
  readonly views: Readonly<Record<View, Word>>
  /** Since when one of them sees it, ISO 8601. */
  readonly since: string
}

export interface ViewsReport {
  readonly machines: readonly MachineView[]
  /** Those that somebody misses first. */
  readonly containers: readonly ContainerView[]
}

/** What is told of a machine that nobody looks at for so long is history, ms. */
const HISTORY = 24 * 3_600_000

/** The containers that are seen, and which view knows which. `known` is what the inventory has of an id. */
export function viewsReport(
  rows: readonly ViewRow[],
  known: (id: string) => Pick<ContainerRow, 'resource'> | undefined,
  now: number,
): ViewsReport {
  const machines = Map.groupBy(
    rows.filter(({ time }) => now - time < HISTORY),
    ({ host }) => host,
  )
  return {
    machines: [...machines].map(([host, of]) => machineView(host, of, now)).toSorted(byHost),
    containers: [...machines].flatMap(([, of]) => containersOf(of, known, now)).toSorted(byWorry),
  }
}

function machineView(host: string, rows: readonly ViewRow[], now: number): MachineView {
  const of = (view: View): readonly ViewRow[] => rows.filter((row) => row.view === view)
  return {
    host,
    sight: record((view) => sightOf(of(view), now)),
    last: Object.fromEntries(
      VIEWS.flatMap((view) => {
        const times = of(view).map(({ time }) => time)
        return times.length === 0 ? [] : [[view, new Date(Math.max(...times)).toISOString()]]
      }),
    ),
  }
}

function sightOf(rows: readonly ViewRow[], now: number): Sight {
  if (rows.length === 0) return 'absent'
  return rows.some((row) => isBreak(row, now)) ? 'blind' : 'looks'
}

function containersOf(
  rows: readonly ViewRow[],
  known: Parameters<typeof viewsReport>[1],
  now: number,
): readonly ContainerView[] {
  const seen = new Map<string, { readonly host: string; readonly of: ViewedContainer }>()
  for (const { host, view, seen: list } of rows) {
    for (const of of list) {
      // the kernel tells most of one
      if (view === 'kernel' || !seen.has(of.key)) seen.set(of.key, { host, of })
    }
  }
  return [...seen.values()].map(({ host, of }) => {
    const resource = of.named ? known(of.key)?.resource : undefined
    const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
    const first = rows.flatMap(({ seen: list }) => list.filter(({ key }) => key === of.key))
    return Object.fromEntries(
      Object.entries({
        host,
        id: of.key,
        name: text(resource?.['container.name']),
        image: text(resource?.['container.image.name']),
        pod: text(resource?.['k8s.pod.name']) ?? of.pods?.[0],
        creator: text(resource?.['container.creator.name']),
        creatorToldBy: text(resource?.['container.creator.told_by']),
        controlGroup: text(of.fields?.['container.control_group']),
        command: text(of.fields?.['CommandLine']),
        views: record((view) =>
          wordOf(
            rows.filter((row) => row.view === view),
            of,
            now,
          ),
        ),
        since: new Date(Math.min(...first.map((one) => one.first))).toISOString(),
      }).filter(([, value]) => value !== undefined),
    ) as unknown as ContainerView
  })
}

function wordOf(rows: readonly ViewRow[], of: ViewedContainer, now: number): Word {
  if (rows.some((row) => sees(row, of))) return 'sees'
  const canTell = rows.length > 0 && rows.every((row) => row.leftOut === 0 && !isBreak(row, now))
  return canTell ? 'misses' : 'unknown'
}

function record<T>(of: (view: View) => T): Readonly<Record<View, T>> {
  return Object.fromEntries(VIEWS.map((view) => [view, of(view)])) as Record<View, T>
}

function byHost(a: MachineView, b: MachineView): number {
  return a.host < b.host ? -1 : 1
}

function byWorry(a: ContainerView, b: ContainerView): number {
  const worry = ({ views }: ContainerView): number => (Object.values(views).includes('misses') ? 0 : 1)
  return worry(a) - worry(b) || (`${a.host} ${a.name ?? a.id}` < `${b.host} ${b.name ?? b.id}` ? -1 : 1)
}
