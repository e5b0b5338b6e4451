import { memo } from 'react'
import type { Incident } from '../api/types.ts'
import { LevelMark } from '../level/level-mark.tsx'
import { Span } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import { imageLabel } from './entity-parts.ts'
import styles from './queue-list.module.css'
import { titlesOf } from './summary.ts'

/** Longest texts that a row is given; the rest is the detail's. */
const LIMIT = 120

/** One incident in the queue. */
export const QueueRow = memo(
  function QueueRow({
    incident,
    place: { index, of, top, height },
    here,
    selected,
    open,
  }: {
    readonly incident: Incident
    readonly place: {
      readonly index: number
      readonly of: number
      readonly top: number
      readonly height: number
    }
    readonly here: boolean
    readonly selected: boolean
    readonly open: (id: string) => void
  }) {
    const { id, level, status, entity, first, last } = incident
    const [title = '', ...others] = titlesOf(incident)
    return (
      // The list has the focus and hears the keys.
      // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
      <div
        id={`row-${id}`}
        role="option"
        aria-selected={selected || here}
        aria-posinset={index + 1}
        aria-setsize={of}
        className={styles.row}
        data-here={here}
        data-selected={selected}
        data-closed={status === 'closed'}
        style={{ transform: `translateY(${top}px)`, height }}
        onClick={() => open(id)}
      >
        <LevelMark level={level} quiet={status === 'closed'} />
        <span className={styles.entity}>
          <Text value={incident.label} limit={LIMIT} fixed />
        </span>
        <span className={styles.image}>
          <Text value={imageLabel(entity)} limit={LIMIT} fixed />
        </span>
        <span className={styles.what}>
          <Text value={title} limit={LIMIT} fixed />
        </span>
        <span className={styles.others}>{others.length === 0 ? '' : `+${others.length}`}</span>
        <span className={styles.attack}>
          <Text value={incident.attack.join(' ')} limit={LIMIT} fixed />
        </span>
        <span className={styles.count}>
          {incident.count.toLocaleString('en')}
          <span className="unseen"> matches</span>
        </span>
        <span className={styles.time}>
          <Span first={first} last={last} />
        </span>
        <span className={styles.status}>{status}</span>
      </div>
    )
  },
  (before, after) =>
    before.incident === after.incident &&
    before.here === after.here &&
    before.selected === after.selected &&
    before.place.top === after.place.top &&
    before.place.height === after.place.height &&
    before.place.of === after.place.of,
)
