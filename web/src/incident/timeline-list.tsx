import { useState } from 'react'
import { eventWords } from '../../../src/domain/event-words.ts'
import { LevelMark } from '../level/level-mark.tsx'
import { Text } from '../text/text.tsx'
import { clock, exactly } from '../text/time.ts'
import type { TimelineRow } from './timeline.ts'
import styles from './timeline-list.module.css'

/** Rows that are shown at once. */
const SHOWN = 200

/** What happened, in order. Times are UTC. */
export function TimelineList({ rows }: { readonly rows: readonly TimelineRow[] }) {
  const [shown, setShown] = useState(SHOWN)
  const reference = Date.parse(rows.at(-1)?.evidence.time ?? '')
  return (
    <>
      <ol className={styles.timeline}>
        {rows.slice(0, shown).map(({ evidence, level, rules }) => {
          const time = Date.parse(evidence.time)
          return (
            <li key={evidence.event}>
              <time dateTime={evidence.time} title={exactly(time)}>
                {clock(time, reference)}
              </time>
              <LevelMark level={level} />
              <span className={styles.what}>
                <Text mono value={eventWords(evidence) || evidence.logsource} limit={200} />
                <span className={styles.rules}>
                  <Text value={rules.join(' · ')} />
                </span>
              </span>
            </li>
          )
        })}
      </ol>
      {rows.length <= shown ? null : (
        <button type="button" onClick={() => setShown(shown + SHOWN)}>
          {(rows.length - shown).toLocaleString('en')} more events
        </button>
      )}
    </>
  )
}
