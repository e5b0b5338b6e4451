import type { Filter } from './filter.ts'
import { instantOf } from './filter.ts'
import styles from './filter-bar.module.css'

const PRESETS = [
  ['', 'any time'],
  ['1h', 'last hour'],
  ['24h', 'last 24 hours'],
  ['7d', 'last 7 days'],
  ['30d', 'last 30 days'],
] as const

/** The interval: a usual one, or from and until to the minute in the reader's own zone. */
export function TimeFilter({
  filter: { since, until },
  change,
}: {
  readonly filter: Filter
  readonly change: (part: Partial<Filter>) => void
}) {
  const preset = until === '' && PRESETS.some(([value]) => value === since)
  return (
    <>
      <select
        aria-label="Time"
        value={preset ? since : 'between'}
        onChange={({ target: { value } }) =>
          change(
            value === 'between'
              ? { since: new Date(Date.now() - 86_400_000).toISOString(), until: new Date().toISOString() }
              : { since: value, until: '' },
          )
        }
      >
        {PRESETS.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
        <option value="between">between…</option>
      </select>
      {preset ? null : (
        <span className={styles.between}>
          <Instant label="From" value={since} set={(time) => change({ since: time })} />
          <Instant label="Until" value={until} set={(time) => change({ until: time })} />
        </span>
      )}
    </>
  )
}

function Instant({
  label,
  value,
  set,
}: {
  readonly label: string
  readonly value: string
  readonly set: (time: string) => void
}) {
  const time = value === '' ? Number.NaN : instantOf(value, Date.now())
  return (
    <input
      type="datetime-local"
      aria-label={label}
      value={Number.isNaN(time) ? '' : wallClock(time)}
      onChange={({ target }) => {
        const chosen = Date.parse(target.value)
        set(Number.isNaN(chosen) ? '' : new Date(chosen).toISOString())
      }}
    />
  )
}

/** `2026-11-21T15:02` in the reader's zone, as the field wants it. */
function wallClock(time: number): string {
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
