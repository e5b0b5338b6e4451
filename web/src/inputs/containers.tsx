import { Link } from 'wouter'
import type { ContainerView, Views } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { aboutPlace } from '../baselines/key-place.ts'
import { Table } from '../parts/table.tsx'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import styles from './inputs-page.module.css'

/** Looks come every some seconds: asked again so often, ms. */
const EVERY = 10_000
const NAMES = ['orchestrator', 'runtime', 'kernel'] as const
const WORDS = { sees: 'sees', misses: 'does not know', unknown: 'cannot tell' } as const
const SIGHTS = { looks: 'looks', blind: 'does not look now', absent: 'is not asked' } as const
/** Containers that are shown: those that one view misses stand first. */
const SHOWN = 200

/** Which of orchestrator, runtime and kernel know which container; nothing where nobody looks. */
export function Containers() {
  const answer = useAnswer<Views>('/containers', { every: EVERY })
  const { machines = [], containers = [] } = answer.data ?? {}
  if (machines.length === 0) return null
  return (
    <section className={styles.part}>
      <h2>Containers, and who knows them</h2>
      {machines.map(({ host, sight }) => (
        <p key={host}>
          <Text value={host} />: {NAMES.map((view) => `${view} ${SIGHTS[sight[view]]}`).join(', ')}
        </p>
      ))}
      <Table
        caption="Containers, and which view knows them"
        rows={containers.slice(0, SHOWN)}
        id={({ host, id }) => `${host} ${id}`}
        columns={[
          {
            name: 'Container',
            kind: 'head',
            cell: (row) =>
              row.image === undefined ? (
                <Text value={row.name ?? row.id.slice(0, 20)} />
              ) : (
                <Link href={aboutPlace({ container: row.id })} title="what was learned of it">
                  <Text value={row.name ?? row.id.slice(0, 20)} />
                </Link>
              ),
          },
          { name: 'Machine', cell: ({ host }) => <Text value={host} /> },
          ...NAMES.map((view) => ({
            name: `${view[0]?.toUpperCase()}${view.slice(1)}`,
            cell: ({ views }: ContainerView) =>
              views[view] === 'misses' ? <strong>{WORDS.misses}</strong> : WORDS[views[view]],
          })),
          { name: 'Since', kind: 'tight', cell: ({ since }) => <Ago time={since} /> },
          {
            name: 'What',
            cell: (row) => <Text value={row.image ?? row.command ?? row.controlGroup ?? ''} />,
          },
        ]}
      />
    </section>
  )
}
