import { useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useLocation } from 'wouter'
import { IncidentPane } from '../incident/incident-pane.tsx'
import { useKeys } from '../keys/use-keys.ts'
import { Failed } from '../parts/answer.tsx'
import { SPLIT, useMedia } from '../shell/media.ts'
import { NothingYet } from '../tour/nothing-yet.tsx'
import { FilterBar } from './filter-bar.tsx'
import { formatFilter, isFiltered, NO_FILTER } from './filter.ts'
import { Histogram } from './histogram.tsx'
import { QueueList } from './queue-list.tsx'
import styles from './queue-page.module.css'
import { useFilter, withSearch } from './use-filter.ts'
import { useQueue } from './use-queue.ts'

/** Moving on with the keys opens the next incident when the reader has settled on it, ms. */
const SETTLE = 120

/** The queue, and beside it the incident that is open; on a narrow screen instead of it. */
export function QueuePage({ selected }: { readonly selected: string | undefined }) {
  const [, go] = useLocation()
  const [filter, change] = useFilter()
  const queue = useQueue(filter)
  const split = useMedia(SPLIT)
  const [at, setAt] = useState<string | undefined>(selected)
  const [search, first, list] = [
    useRef<HTMLInputElement>(null),
    useRef<HTMLSelectElement>(null),
    useRef<HTMLDivElement>(null),
  ]
  const [filters, setFilters] = useState(false)
  const { rows } = queue
  const index = Math.max(
    0,
    rows.findIndex(({ id }) => id === at),
  )

  const open = (id: string | undefined): void => {
    if (id === undefined) return
    setAt(id)
    go(withSearch(`/incidents/${id}`, formatFilter(filter)), { replace: selected !== undefined })
  }
  const close = (): void => {
    if (selected === undefined) return
    go(withSearch('/', formatFilter(filter)))
    requestAnimationFrame(() => list.current?.focus())
  }
  const move = (steps: number): void => {
    const next = rows[Math.min(Math.max(index + steps, 0), rows.length - 1)]
    if (next !== undefined) setAt(next.id)
    if (rows.length - index < 20) queue.more?.()
  }
  useEffect(() => {
    if (selected === undefined || at === undefined || at === selected) return
    const timer = setTimeout(() => open(at), SETTLE)
    return () => clearTimeout(timer)
    // Where the reader stands decides, nothing else.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [at])
  useEffect(() => {
    if (selected !== undefined) setAt(selected)
  }, [selected])

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: selected === undefined ? () => move(1) : undefined,
    ArrowUp: selected === undefined ? () => move(-1) : undefined,
    Enter: () => open(rows[index]?.id),
    o: () => open(rows[index]?.id),
    Escape() {
      const focus = document.activeElement
      if (focus instanceof HTMLElement && focus.closest('search') !== null) {
        focus.blur()
        list.current?.focus()
      } else close()
    },
    '/': () => search.current?.select(),
    f() {
      flushSync(() => setFilters(true))
      first.current?.focus()
    },
    n: queue.show,
    x: () => change(NO_FILTER),
  })

  const narrow = selected !== undefined && !split
  return (
    <div className={styles.split} data-open={selected !== undefined}>
      <section className={styles.queue} aria-label="Queue" hidden={narrow}>
        <h1 className="unseen">Queue</h1>
        <FilterBar
          filter={filter}
          change={change}
          search={search}
          first={first}
          open={filters}
          setOpen={setFilters}
        />
        <Histogram filter={filter} change={change} />
        {queue.error !== null && !queue.loaded ? <Failed cause={queue.error} /> : null}
        {rows.length > 0 ? (
          <QueueList
            rows={rows}
            at={rows[index]?.id}
            selected={selected}
            list={list}
            move={move}
            open={open}
            more={queue.more}
            atTop={queue.atTop}
          />
        ) : queue.loaded ? (
          isFiltered(filter) ? (
            <p className={styles.none}>
              Nothing matches.{' '}
              <button type="button" onClick={() => change(NO_FILTER)}>
                Clear the filters <kbd>x</kbd>
              </button>
            </p>
          ) : (
            <NothingYet />
          )
        ) : null}
        <p className="unseen" role="status">
          {queue.held === 0 ? '' : `${queue.held} new incidents`}
        </p>
        {queue.held === 0 ? null : (
          <button
            type="button"
            className={styles.held}
            onClick={() => {
              queue.show()
              list.current?.scrollTo({ top: 0 })
            }}
          >
            {queue.held} new <kbd>n</kbd>
          </button>
        )}
      </section>
      {selected === undefined ? null : <IncidentPane key={selected} id={selected} close={close} />}
    </div>
  )
}
