import { useState } from 'react'
import type { WholeKey } from '../api/types.ts'
import { SearchField } from '../parts/search-field.tsx'
import { Table } from '../parts/table.tsx'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import styles from './baselines.module.css'
import type { Change } from './change-key.tsx'

type Value = NonNullable<WholeKey['learned']['values']>[number]

/** Values that are shown at once. */
const SHOWN = 100

const STATES: Readonly<Record<Value['state'], string>> = {
  learned: 'learned',
  young: 'not learned yet',
  held: 'held back',
}

/** The values that a key had: who had each first, when, how often, and who approved it. */
export function ValuesTable({
  of: { learned, changes },
  begin,
}: {
  readonly of: Pick<WholeKey, 'learned' | 'changes'>
  readonly begin: (change: Change) => void
}) {
  const [text, setText] = useState('')
  const [shown, setShown] = useState(SHOWN)
  const values = learned.values ?? []
  const found = values
    .filter(({ value }) => value.toLowerCase().includes(text.toLowerCase()))
    .toSorted((a, b) => b.last - a.last)
  const approvedBy = new Map(
    changes.flatMap(({ action, value, actor }) =>
      action === 'baseline.approve' && value !== undefined ? [[value, actor] as const] : [],
    ),
  )
  return (
    <>
      {values.length <= 10 ? null : (
        <div className={styles.bar}>
          <SearchField
            className={styles.search}
            label="Search values"
            placeholder={`Search ${values.length.toLocaleString('en')} values`}
            value={text}
            set={setText}
          />
        </div>
      )}
      {found.length === 0 ? (
        <p className="quiet">None.</p>
      ) : (
        <Table
          caption="Values"
          rows={found.slice(0, shown).map((each, n) => ({ ...each, n }))}
          id={({ n, state, value }) => `${n} ${state} ${value}`}
          columns={[
            { name: 'Value', kind: 'head', cell: ({ value }) => <Text mono value={value} limit={160} /> },
            { name: 'State', kind: 'tight', cell: ({ state }) => STATES[state] },
            { name: 'Times', kind: 'number', cell: ({ count }) => count.toLocaleString('en') },
            { name: 'Days', kind: 'number', cell: ({ days }) => days },
            {
              name: 'First',
              kind: 'tight',
              cell: ({ first }) => <Ago time={new Date(first).toISOString()} />,
            },
            { name: 'Last', kind: 'tight', cell: ({ last }) => <Ago time={new Date(last).toISOString()} /> },
            {
              name: 'First by',
              cell: ({ who, value }) => {
                const approved = approvedBy.get(value)
                return (
                  <>
                    <Text value={who} limit={80} />
                    {approved === undefined ? null : (
                      <span className="quiet">
                        {' '}
                        approved by <Text value={approved} limit={40} />
                      </span>
                    )}
                  </>
                )
              },
            },
            {
              name: 'Told',
              kind: 'tight',
              cell: ({ told }) => (told === undefined ? null : <Ago time={new Date(told).toISOString()} />),
            },
            {
              name: 'Do',
              kind: 'tight',
              cell: ({ value, state, told }) => (
                <span className={styles.small}>
                  {state === 'learned' && told === undefined ? null : (
                    <button type="button" onClick={() => begin({ verb: 'approve', value })}>
                      Approve…
                    </button>
                  )}
                  <button type="button" onClick={() => begin({ verb: 'forget', value })}>
                    Forget…
                  </button>
                </span>
              ),
            },
          ]}
        />
      )}
      {found.length <= shown ? null : (
        <button type="button" className={styles.more} onClick={() => setShown(shown + SHOWN)}>
          {(found.length - shown).toLocaleString('en')} more
        </button>
      )}
    </>
  )
}
