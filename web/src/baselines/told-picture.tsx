import { useRef } from 'react'
import { Link } from 'wouter'
import type { Page, Told, WholeKey } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { useSeen } from '../chart/use-seen.ts'
import { Text } from '../text/text.tsx'
import { utc } from '../text/time.ts'
import { HistoryFigure } from './history-figure.tsx'
import { KeyName } from './key-name.tsx'
import { keyPlace } from './key-place.ts'
import styles from './told-picture.module.css'

/** Keys of one alert that are shown: a risk is made of many. */
const SHOWN = 4
/** Learned values that are named. */
const NAMED = 6
const STALE = 60_000

/** What an alert's baselines knew at that moment: a picture of a number's history, in words what values there were. */
export function ToldPictures({ alert }: { readonly alert: string }) {
  const place = useRef<HTMLDivElement>(null)
  const seen = useSeen(place)
  const answer = useAnswer<Page<Told>>(`/alerts/${encodeURIComponent(alert)}/baselines`, {
    enabled: seen,
    staleTime: STALE,
  })
  const items = answer.data?.items ?? []
  return (
    <div ref={place} className={styles.pictures} data-waiting={answer.data === undefined}>
      {items.slice(0, SHOWN).map((told) => (
        <ToldPicture key={`${told.baseline.rule} ${told.key}`} told={told} />
      ))}
      {items.length <= SHOWN ? null : <p className="quiet">and {items.length - SHOWN} more keys</p>}
    </div>
  )
}

function ToldPicture({ told: { baseline, key, of, moments } }: { readonly told: Told }) {
  const answer = useAnswer<WholeKey>('/baselines/key', {
    query: { rule: baseline.rule, key },
    staleTime: STALE,
  })
  const whole = answer.data
  const last = moments.at(-1)
  return (
    <section className={styles.picture} aria-label={`What was learned: ${baseline.title}`}>
      <p className={styles.head}>
        <Text value={baseline.words} limit={200} fixed />
        <Link href={keyPlace(baseline.rule, key)}>
          <KeyName of={of} limit={80} />
        </Link>
      </p>
      {answer.error === null ? null : (
        <p className="quiet">What it learned is gone: it was forgotten since.</p>
      )}
      {whole === undefined ? null : baseline.type === 'spike' && last !== undefined ? (
        <HistoryFigure of={whole} moments={numbersOf(moments)} about={last.time} height={180} />
      ) : (
        <Values of={whole} moments={moments} />
      )}
    </section>
  )
}

function numbersOf(moments: Told['moments']) {
  return moments.map(({ time, value }) => ({ time, ...(typeof value === 'number' ? { value } : {}) }))
}

/** What the key had, most often first, beside what was told. */
function Values({
  of: { learned, samples, days },
  moments,
}: {
  readonly of: WholeKey
  readonly moments: Told['moments']
}) {
  const known = (learned.values ?? [])
    .filter(({ state }) => state === 'learned')
    .toSorted((a, b) => b.count - a.count)
  const told = moments.flatMap(({ value, time }) =>
    value === undefined ? [] : [{ value: String(value), time }],
  )
  return (
    <dl className={styles.values}>
      {told.length === 0 ? null : (
        <div>
          <dt>told</dt>
          <dd>
            {told.slice(0, NAMED).map(({ value, time }) => (
              <span key={`${time} ${value}`} title={utc(time)}>
                <strong>
                  <Text mono value={value} limit={160} />
                </strong>
              </span>
            ))}
          </dd>
        </div>
      )}
      <div>
        <dt>
          learned from {samples.toLocaleString('en')} on {days} {days === 1 ? 'day' : 'days'}
        </dt>
        <dd>
          {known.length === 0 && learned.values !== undefined ? 'nothing else' : null}
          {known.slice(0, NAMED).map(({ value, count }) => (
            <span key={value}>
              <Text mono value={value} limit={80} fixed />{' '}
              <span className="quiet">{count.toLocaleString('en')}×</span>
            </span>
          ))}
          {known.length <= NAMED ? null : (
            <span className="quiet">{(known.length - NAMED).toLocaleString('en')} more</span>
          )}
        </dd>
      </div>
    </dl>
  )
}
