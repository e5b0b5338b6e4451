import { bytes } from '../../../src/domain/bytes.ts'
import { durationWords } from '../../../src/domain/day.ts'
import type { InputStatus } from '../api/types.ts'
import { Table } from '../parts/table.tsx'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'

type Agent = NonNullable<InputStatus['agents']>[number]

/** A delay, or a clock that is off, of less is none, ms. */
const NOTHING = 5_000

/** The machines that send: when each was heard, what it still keeps, and what it lost. */
export function Agents({ agents }: { readonly agents: readonly Agent[] }) {
  if (agents.length === 0) return <p className="quiet">No agent may send: tallyman agent add NAME</p>
  return (
    <Table
      caption="Agents"
      rows={agents}
      id={({ name }) => name}
      columns={[
        { name: 'Agent', kind: 'head', cell: ({ name }) => <Text value={name} /> },
        { name: 'Machine', cell: ({ host }) => <Text value={host} /> },
        {
          name: 'State',
          kind: 'tight',
          cell: ({ state, full }) => (full === undefined ? state : `${state}, no room`),
        },
        {
          name: 'Last heard',
          kind: 'tight',
          cell: ({ contact }) => (contact === undefined ? 'never' : <Ago time={contact} />),
        },
        { name: 'Spool', kind: 'number', cell: ({ spool }) => bytes(spool.bytes) },
        { name: 'Behind', kind: 'number', cell: ({ delay }) => spanWords(delay) },
        { name: 'Clock', kind: 'number', cell: ({ skew }) => spanWords(skew) },
        { name: 'Lost', kind: 'number', cell: ({ lost }) => lost.toLocaleString('en') },
      ]}
    />
  )
}

function spanWords(ms: number): string {
  if (Math.abs(ms) < NOTHING) return '–'
  return `${ms < 0 ? '−' : ''}${durationWords(Math.abs(ms))}`
}
