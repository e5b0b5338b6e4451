import type { Alert, Rule } from '../api/types.ts'
import { ToldPictures } from '../baselines/told-picture.tsx'
import { LanesFigure } from './lanes-figure.tsx'
import { durationWords } from '../../../src/domain/day.ts'

/** What an alert of a rule over others is made of: the events of a correlation, what baselines knew. */
export function AlertPictures({
  alert,
  rule,
  read,
}: {
  readonly alert: Alert
  readonly rule: Rule | undefined
  readonly read: readonly string[]
}) {
  const { evidence, count, entity } = alert
  const tells = evidence.some(({ fields }) => fields['baseline.reason'] !== undefined)
  // the rule is known where a strategy's document has it, the events say it themselves
  const isOver = evidence.length > 1 && evidence.some(({ by }) => by !== undefined && by.id !== alert.rule.id)
  return (
    <>
      {isOver ? (
        <LanesFigure
          rows={evidence.map((each) => ({ evidence: each, rule: each.by?.title ?? each.source }))}
          expected={rule?.observes?.map(({ title }) => title)}
          label={`Events of ${alert.rule.title}`}
          note={noteOf(evidence.length, count, rule?.timespan)}
          read={read}
          known={entity}
          table
        />
      ) : null}
      {tells ? <ToldPictures alert={alert.id} /> : null}
    </>
  )
}

function noteOf(kept: number, count: number, timespan: number | undefined): string {
  const window = timespan === undefined ? '' : `, within ${durationWords(timespan)}`
  const all = count > kept ? `the newest ${kept} of ${count.toLocaleString('en')} events` : `${kept} events`
  return `${all}${window}`
}
