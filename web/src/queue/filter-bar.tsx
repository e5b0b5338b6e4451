import type { Ref } from 'react'
import { LEVELS, type StrategyHead } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { isLevel } from '../level/level.ts'
import { SearchField } from '../parts/search-field.tsx'
import { FILTER_STATUSES, isFiltered, NO_FILTER, type Filter } from './filter.ts'
import styles from './filter-bar.module.css'
import { TimeFilter } from './time-filter.tsx'

/** Everything that the queue can be narrowed by. */
export function FilterBar({
  filter,
  change,
  search,
  first,
  open,
  setOpen,
}: {
  readonly filter: Filter
  readonly change: (part: Partial<Filter>) => void
  readonly search: Ref<HTMLInputElement>
  /** The first filter behind the search. */
  readonly first: Ref<HTMLSelectElement>
  /** Where there is little room, the filters behind the search are shown on demand. */
  readonly open: boolean
  readonly setOpen: (open: boolean) => void
}) {
  const strategies = useAnswer<{ readonly items: readonly StrategyHead[] }>('/strategies', {
    staleTime: 300_000,
  })
  return (
    <search className={styles.bar} data-open={open} aria-label="Filter the queue">
      <SearchField
        className={styles.search}
        label="Search"
        placeholder="Search  /"
        value={filter.text}
        set={(text) => change({ text })}
        input={search}
      />
      <button type="button" className={styles.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
        Filters
      </button>
      <select
        ref={first}
        aria-label="Level and above"
        value={filter.level ?? ''}
        onChange={({ target: { value } }) => change({ level: isLevel(value) ? value : undefined })}
      >
        <option value="">any level</option>
        {LEVELS.slice(0, -1).map((level) => (
          <option key={level} value={level}>
            {level === 'critical' ? level : `${level} and above`}
          </option>
        ))}
      </select>
      <select
        aria-label="Status"
        value={filter.status}
        onChange={({ target: { value } }) =>
          change({ status: FILTER_STATUSES.find((each) => each === value) ?? 'open' })
        }
      >
        <option value="open">open</option>
        <option value="closed">closed</option>
        <option value="all">open and closed</option>
      </select>
      <select
        className={styles.strategy}
        aria-label="Strategy"
        value={filter.strategy}
        onChange={({ target: { value } }) => change({ strategy: value })}
      >
        <option value="">any strategy</option>
        {(strategies.data?.items ?? []).map(({ id }) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </select>
      <SearchField
        className={styles.entity}
        label="Entity"
        placeholder="entity"
        value={filter.entity}
        set={(entity) => change({ entity })}
      />
      <TimeFilter filter={filter} change={change} />
      {isFiltered(filter) ? (
        <button
          type="button"
          className={styles.clear}
          onClick={() => change(NO_FILTER)}
          title="Clear the filters (x)"
        >
          Clear
        </button>
      ) : null}
    </search>
  )
}
