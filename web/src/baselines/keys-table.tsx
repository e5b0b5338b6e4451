import { Link } from 'wouter'
import type { BaselineHead, BaselineKey } from '../api/types.ts'
import { Table } from '../parts/table.tsx'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import { KeyName } from './key-name.tsx'
import { keyPlace } from './key-place.ts'
import { KeyState } from './key-state.tsx'

type Row = BaselineKey & { readonly baseline?: BaselineHead }

/** Keys and how far each is: of one baseline, or of several, which each row then names. */
export function KeysTable({
  keys,
  about,
}: {
  readonly keys: readonly Row[]
  readonly about: BaselineHead | undefined
}) {
  const headOf = (row: Row): BaselineHead | undefined => about ?? row.baseline
  return (
    <Table
      caption="Keys"
      rows={keys}
      id={(row) => `${headOf(row)?.rule} ${row.key}`}
      columns={[
        // of somebody's keys all have the same name: then the baseline tells them apart
        ...(about === undefined
          ? [
              {
                name: 'Baseline',
                kind: 'head' as const,
                cell: (row: Row) => (
                  <Link href={keyPlace(headOf(row)?.rule ?? '', row.key)}>
                    <Text value={headOf(row)?.title ?? ''} />
                  </Link>
                ),
              },
              { name: 'Key', cell: ({ of }: Row) => <KeyName of={of} /> },
            ]
          : [
              {
                name: 'Key',
                kind: 'head' as const,
                cell: (row: Row) => (
                  <Link href={keyPlace(about.rule, row.key)}>
                    <KeyName of={row.of} />
                  </Link>
                ),
              },
            ]),
        {
          name: 'State',
          kind: 'tight',
          cell: ({ state, held }) => (
            <>
              <KeyState state={state} />
              {held === 0 ? null : <span className="quiet"> {held} held back</span>}
            </>
          ),
        },
        { name: 'Observations', kind: 'number', cell: ({ samples }) => samples.toLocaleString('en') },
        { name: 'Days', kind: 'number', cell: ({ days }) => days },
        { name: 'First', kind: 'tight', cell: ({ first }) => <Ago time={first} /> },
        { name: 'Last', kind: 'tight', cell: ({ last }) => <Ago time={last} /> },
        {
          name: 'Learns until',
          kind: 'tight',
          cell: ({ learnsUntil }) => (learnsUntil === undefined ? null : <Ago time={learnsUntil} />),
        },
      ]}
    />
  )
}
