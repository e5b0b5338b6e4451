import { eventWords } from '../../../src/domain/event-words.ts'
import { LevelMark } from '../level/level-mark.tsx'
import { Text } from '../text/text.tsx'
import { clock, exactly } from '../text/time.ts'
import type { TimelineRow } from './timeline.ts'
import styles from './timeline-list.module.css'

/** What happened, in order. Times are UTC. */
export function TimelineList({ rows }: { readonly rows: readonly TimelineRow[] }) {
  const reference = Date.parse(rows.at(-1)?.evidence.time ?? '')
  return (
    <ol className={styles.timeline}>
      {rows.map(({ evidence, level, rules }) => {
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
  )
}
