import { useState } from 'react'
import { Link } from 'wouter'
import type { Response } from '../api/types.ts'
import { Text } from '../text/text.tsx'
import styles from './response-steps.module.css'

/** What the strategy says to do, as a list to tick off; ticks live as long as the tab. */
export function ResponseSteps({
  incident,
  response,
}: {
  readonly incident: string
  readonly response: Response
}) {
  const { strategy, steps } = response
  return (
    <section className={styles.response} aria-label={`Response of ${strategy.id}`}>
      <h3>
        <Link href={`/strategies/${encodeURIComponent(strategy.id)}`}>
          <Text value={strategy.title} />
        </Link>
      </h3>
      {steps.length === 0 ? (
        <p className="quiet">Its Response has no steps that can be ticked off: see the document.</p>
      ) : null}
      <ol>
        {steps.map((step) => (
          <Step key={step.id} id={`${incident}/${strategy.id}/${step.id}`} step={step} />
        ))}
      </ol>
    </section>
  )
}

function Step({ id, step }: { readonly id: string; readonly step: Response['steps'][number] }) {
  const [done, setDone] = useState(() => window.sessionStorage.getItem(id) !== null)
  const tick = (): void => {
    if (done) window.sessionStorage.removeItem(id)
    else window.sessionStorage.setItem(id, '1')
    setDone(!done)
  }
  return (
    <li>
      <label className={styles.step} data-done={done}>
        <input type="checkbox" checked={done} onChange={tick} />
        <span className={styles.stage}>{step.stage}</span>
        <span className={styles.text}>
          <Text value={step.text ?? step.do} />
          <span className={styles.facts}>
            {step.text === undefined ? null : <Text mono value={step.do} />}
            {step.target === undefined ? null : <Text value={`on ${step.target}`} />}
            {step.approval === undefined ? null : <Text value={`approval: ${step.approval}`} />}
          </span>
        </span>
      </label>
    </li>
  )
}
