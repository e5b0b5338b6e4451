import { useBase } from '../api/base.ts'
import type { Status } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Discovered } from './discovered.tsx'
import { TourOffer } from './tour-offer.tsx'
import styles from './tour.module.css'
import { useTour } from './use-tour.ts'

/** What an empty queue means: what is being read, what could be, and a tour. */
export function NothingYet() {
  const here = useBase() === '/api'
  const status = useAnswer<Status>('/status', { every: 5_000 })
  const { tour } = useTour()
  const playing = !here && tour?.state === 'playing'
  const records = (status.data?.inputs ?? []).reduce((sum, input) => sum + input.records, 0)
  return (
    // Scrolls, so that the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.nothing} tabIndex={0} role="region" aria-label="Nothing in the queue">
      <h2>{playing ? 'The tour begins' : records === 0 ? 'Nothing was read yet' : 'No open incidents'}</h2>
      <p className="quiet">
        {playing
          ? 'The first attack shows in a few seconds.'
          : records === 0
            ? 'Incidents appear here as soon as something that is read matches a strategy.'
            : `${records.toLocaleString('en')} records were read since the start, and nothing that is open matches a strategy.`}
      </p>
      {here ? <TourOffer /> : null}
      {here ? <Discovered /> : null}
    </div>
  )
}
