import { useBase } from '../api/base.ts'
import type { Discovery } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Copy } from '../text/copy.tsx'
import { Text } from '../text/text.tsx'
import styles from './tour.module.css'

/** What is of use first. */
const ORDER: readonly Discovery['items'][number]['state'][] = ['reading', 'found', 'unreadable', 'absent']

/** What this machine has to read, and the lines that make it an input. */
export function Discovered() {
  const here = useBase() === '/api'
  const answer = useAnswer<Discovery>('/discovery', { enabled: here })
  const items = (answer.data?.items ?? []).toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))
  if (items.length === 0) return null
  return (
    <section className={styles.discovered}>
      <h2>Looked for on this machine</h2>
      <ul>
        {items.map(({ what, path, state, message, add }) => (
          <li key={`${what}${path}`} data-state={state}>
            <span className={styles.state}>{state}</span>
            <div className={styles.what}>
              <span>
                <strong>
                  <Text value={what} />
                </strong>{' '}
                <Text mono value={path} />
              </span>
              <span className="quiet">
                <Text value={message} />
              </span>
              {add === undefined ? null : (
                <details open={state === 'found' || state === 'unreadable'}>
                  <summary>to read it</summary>
                  <span className={styles.add}>
                    {/* Scrolls sideways, so that the keyboard must reach it. */}
                    {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
                    <pre tabIndex={0} role="region" aria-label={`Configuration for ${what}`}>
                      {add}
                    </pre>
                    <Copy value={add} what={`the configuration for ${what}`} />
                  </span>
                </details>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
