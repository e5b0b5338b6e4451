import { useState } from 'react'
import { Link } from 'wouter'
import type { Resource, Response } from '../api/types.ts'
import { Copy } from '../text/copy.tsx'
import { Text } from '../text/text.tsx'
import { evidenceCommands, sentenceFor } from './response-words.ts'
import styles from './response-steps.module.css'

/** What the strategy says to do, as a list to tick off; ticks live as long as the tab. */
export function ResponseSteps({
  incident,
  entity,
  response,
}: {
  readonly incident: string
  readonly entity: Resource
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
          <Step key={step.id} id={`${incident}/${strategy.id}/${step.id}`} step={step} entity={entity} />
        ))}
      </ol>
    </section>
  )
}

function Step({
  id,
  step,
  entity,
}: {
  readonly id: string
  readonly step: Response['steps'][number]
  readonly entity: Resource
}) {
  const [done, setDone] = useState(() => window.sessionStorage.getItem(id) !== null)
  const tick = (): void => {
    if (done) window.sessionStorage.removeItem(id)
    else window.sessionStorage.setItem(id, '1')
    setDone(!done)
  }
  const sentence = step.text ?? sentenceFor(step.do)
  const commands = step.do === 'evidence.capture' ? evidenceCommands(entity) : []
  return (
    <li>
      <label className={styles.step} data-done={done}>
        <input type="checkbox" checked={done} onChange={tick} />
        <span className={styles.stage}>{step.stage}</span>
        <span className={styles.text}>
          <Text value={sentence ?? step.do} />
          <span className={styles.facts}>
            {sentence === undefined ? null : <Text mono value={step.do} />}
            {step.target === undefined ? null : <Text value={`on ${step.target}`} />}
            {step.approval === undefined ? null : <Text value={`approval: ${step.approval}`} />}
          </span>
        </span>
      </label>
      {commands.length === 0 ? null : (
        <ul className={styles.commands} aria-label="Commands that only read">
          {commands.map((command) => (
            <li key={command}>
              <code>{command}</code>
              <Copy value={command} what="the command" />
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}
