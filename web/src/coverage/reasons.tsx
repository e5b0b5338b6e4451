import type { StrategyCoverage } from '../api/types.ts'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import styles from './coverage-page.module.css'

type Assumption = StrategyCoverage['assumptions'][number]

const WORDS: Readonly<Record<Assumption['status'], string>> = {
  fails: 'fails',
  holds: 'holds',
  unmeasured: 'unmeasured',
  'not-here': 'not here',
  'not-present': 'not present',
}

/** What a strategy assumes: what does not hold first, with why, since when, and once for all, how it is turned on. */
export function Reasons({ assumptions }: { readonly assumptions: readonly Assumption[] }) {
  const failing = assumptions.filter(({ status }) => status === 'fails')
  const others = assumptions.filter(({ status }) => status !== 'fails')
  if (assumptions.length === 0) return <p className="quiet">It says nothing of what it needs.</p>
  return (
    <div className={styles.reasons}>
      {failing.length === 0 ? null : (
        <ul>
          {[...Map.groupBy(failing, ({ mend = '' }) => mend)].map(([mend, together]) => (
            <li key={mend}>
              {together.map((assumption) => (
                <Failing key={assumption.id} assumption={assumption} />
              ))}
              {mend === '' ? null : (
                <span className={styles.mend}>
                  <Text value={mend} limit={800} />
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {others.length === 0 ? null : (
        <details>
          <summary>
            {others.length} other {others.length === 1 ? 'assumption' : 'assumptions'}
          </summary>
          <ul>
            {others.map(({ id, claim, status, places }) => (
              <li key={id}>
                <strong>
                  <Text value={id} /> {WORDS[status]}
                </strong>
                <Text value={claim} />
                {status === 'holds' ? null : <Text value={places.map(({ why }) => why).join('; ')} />}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

/** Places that are told one by one. */
const PLACES = 5

function Failing({ assumption: { id, claim, onFail, places } }: { readonly assumption: Assumption }) {
  return (
    <div className={styles.failing}>
      <strong>
        <Text value={id} /> {onFail}
      </strong>
      <Text value={claim} />
      {places.slice(0, PLACES).map(({ place, why, since }) => (
        <span key={place} className={styles.why}>
          <Text value={why} />
          {since === undefined ? null : (
            <>
              , <Ago time={since} />
            </>
          )}
        </span>
      ))}
      {places.length > PLACES ? (
        <span className="quiet">and {places.length - PLACES} more places</span>
      ) : null}
    </div>
  )
}
