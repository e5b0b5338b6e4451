import { useRef } from 'react'
import { Link } from 'wouter'
import type { Baseline } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { useKeys } from '../keys/use-keys.ts'
import { Answer } from '../parts/answer.tsx'
import { Page } from '../parts/page.tsx'
import { SearchField } from '../parts/search-field.tsx'
import { Table } from '../parts/table.tsx'
import { Text } from '../text/text.tsx'
import styles from './baselines.module.css'
import { KEY_STATES, isKeyState } from './key-state.tsx'
import { KeysList } from './keys-list.tsx'
import { ALL_KEYS, keysPlace, useKeysFilter, type KeysFilter } from './use-keys-filter.ts'

/** Keys learn as records arrive: asked again so often, ms. */
const EVERY = 15_000

/** What is learned of what is usual here: how far each baseline is, and its keys. */
export default function BaselinesPage() {
  const answer = useAnswer<{ readonly items: readonly Baseline[] }>('/baselines', { every: EVERY })
  const [filter, change] = useKeysFilter()
  const search = useRef<HTMLInputElement>(null)
  useKeys({
    '/': () => search.current?.focus(),
    x: () => change(ALL_KEYS),
  })
  const isNarrowed = keysPlace(filter) !== '/baselines'
  return (
    <Page
      title="Baselines"
      lead="What is unusual here: each learns what every workload, machine or account has, and tells what differs once it has learned."
    >
      <Answer of={answer}>
        {({ items }) => (
          <>
            <search className={styles.bar} aria-label="Find what was learned">
              <SearchField
                className={styles.search}
                label="Search keys"
                placeholder="Workload, image, account…  /"
                value={filter.text}
                set={(text) => change({ text })}
                input={search}
              />
              <select
                aria-label="State"
                value={filter.status ?? ''}
                onChange={({ target: { value } }) =>
                  change({ status: isKeyState(value) ? value : undefined })
                }
              >
                <option value="">any state</option>
                {KEY_STATES.map((state) => (
                  <option key={state}>{state}</option>
                ))}
              </select>
              <select
                aria-label="Baseline"
                value={items.find((each) => [each.rule, each.name].includes(filter.rule))?.rule ?? ''}
                onChange={({ target }) => change({ rule: target.value })}
              >
                <option value="">all baselines</option>
                {items.map(({ rule, name, title }) => (
                  <option key={rule} value={rule}>
                    {name ?? title}
                  </option>
                ))}
              </select>
              {isNarrowed ? (
                <button
                  type="button"
                  className={styles.clear}
                  onClick={() => change(ALL_KEYS)}
                  title="Clear (x)"
                >
                  Clear
                </button>
              ) : null}
            </search>
            {isNarrowed ? <KeysList filter={filter} baselines={items} /> : <List baselines={items} />}
          </>
        )}
      </Answer>
    </Page>
  )
}

function List({ baselines }: { readonly baselines: readonly Baseline[] }) {
  if (baselines.length === 0) return <p className="quiet">No strategy and no rule has a baseline.</p>
  return (
    <Table
      caption="Baselines"
      // those that know something first
      rows={baselines.toSorted((a, b) => Number(hasKeys(b)) - Number(hasKeys(a)))}
      id={({ rule, strategy }) => `${strategy} ${rule}`}
      columns={[
        {
          name: 'Baseline',
          kind: 'head',
          cell: ({ rule, title, words }) => (
            <>
              <Link href={keysPlace({ ...ALL_KEYS, rule })}>
                <Text value={title} />
              </Link>
              <span className={styles.words}>
                <Text value={words} limit={200} fixed />
              </span>
            </>
          ),
        },
        {
          name: 'Strategy',
          cell: ({ strategy }) => (
            <Link href={`/strategies/${encodeURIComponent(strategy)}`}>
              <Text value={strategy} />
            </Link>
          ),
        },
        {
          name: 'Tells',
          kind: 'tight',
          cell: ({ alert, weight }) => (alert ? 'alert' : `signal, weight ${weight}`),
        },
        ...KEY_STATES.map((state) => ({
          name: `${state[0]?.toUpperCase()}${state.slice(1)}`,
          kind: 'number' as const,
          cell: ({ rule, keys }: Baseline) => (
            <Count n={keys[state]} to={{ ...ALL_KEYS, rule, status: state }} />
          ),
        })),
      ]}
    />
  )
}

function hasKeys({ keys }: Baseline): boolean {
  return KEY_STATES.some((state) => keys[state] > 0)
}

function Count({ n, to }: { readonly n: number; readonly to: KeysFilter }) {
  if (n === 0) return <span className={styles.none}>0</span>
  return <Link href={keysPlace(to)}>{n.toLocaleString('en')}</Link>
}
