import type { Config } from '../config/config.ts'
import { VIEWS } from '../domain/container-look.ts'
import { withCreators } from '../inventory/with-creators.ts'
import { viewsReport, type ContainerView, type MachineView } from '../views/report.ts'
import { EXIT, type Exit } from './exit.ts'
import { clock, count, printJson, safe, table, type Output } from './output.ts'
import { readStore } from './read-store.ts'

/** The containers that run, and which of orchestrator, runtime and kernel know each. Exits 1 where one misses some. */
export function listContainers(config: Config, json: boolean, output: Output): Exit {
  const { machines, containers } = readStore(config, (reader) =>
    viewsReport(reader.views(), withCreators(reader), Date.now()),
  )
  if (json || !output.terminal) for (const container of containers) printJson(output, container)
  else if (containers.length > 0) output.out(containerTable(containers))
  for (const machine of machines) output.err(`${safe(machineWords(machine))}\n`)
  if (machines.length === 0) output.err('no engine and no sensor has told which containers run yet\n')
  const missed = containers.filter(({ views }) => Object.values(views).includes('misses')).length
  output.err(`${count(containers.length, 'container')}, ${missed} that one of them does not know now\n`)
  return missed > 0 ? EXIT.findings : EXIT.ok
}

const WORDS = { sees: 'sees', misses: 'DOES NOT', unknown: 'cannot tell' } as const

function containerTable(containers: readonly ContainerView[]): string {
  return table(
    ['HOST', 'CONTAINER', 'IMAGE', ...VIEWS.map((view) => view.toUpperCase()), 'SINCE', 'CREATED BY', 'WHAT'],
    containers.map(({ host, id, name, image = '', views, since, creator, ...more }) => [
      host,
      name ?? id.slice(0, 20),
      image,
      ...VIEWS.map((view) => WORDS[views[view]]),
      clock(Date.parse(since)),
      creator === undefined ? '' : `${creator} (${more.creatorToldBy ?? ''})`,
      [more.pod, more.command, more.controlGroup].filter((word) => word !== undefined).join('  '),
    ]),
  )
}

function machineWords({ host, sight, last }: MachineView): string {
  const words = VIEWS.map((view) => {
    if (sight[view] === 'absent') return `no ${view} is asked`
    const when = clock(Date.parse(last[view] ?? ''))
    return sight[view] === 'looks' ? `${view} looks` : `${view} does not look since ${when}`
  })
  return `${host}: ${words.join(', ')}`
}
