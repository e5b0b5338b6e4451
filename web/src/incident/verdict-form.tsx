import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useBase } from '../api/base.ts'
import { send } from '../api/client.ts'
import { VERDICTS, type Alert, type Verdict } from '../api/types.ts'
import { useKeys } from '../keys/use-keys.ts'
import { Failed } from '../parts/answer.tsx'
import styles from './verdict-form.module.css'

const WORDS: Readonly<Record<Verdict, string>> = {
  'true-positive': 'True positive',
  'false-positive': 'False positive',
  benign: 'Benign',
  unclear: 'Unclear',
}

/** Closes an incident, or one of its alerts, with a verdict and a note; the audit trail keeps both. */
export function VerdictForm({
  incident,
  alerts,
  about: begun = '',
  done,
}: {
  readonly incident: string
  /** Those that are open. */
  readonly alerts: readonly Alert[]
  /** The one that it begins with; without, the whole incident. */
  readonly about?: string | undefined
  readonly done: () => void
}) {
  const base = useBase()
  const client = useQueryClient()
  const [verdict, setVerdict] = useState<Verdict>()
  const [about, setAbout] = useState(begun)
  const [note, setNote] = useState('')
  const form = useRef<HTMLFormElement>(null)
  const reason = useRef<HTMLInputElement>(null)
  useEffect(() => form.current?.querySelector('input')?.focus(), [])

  const close = useMutation({
    mutationFn: (given: Verdict) =>
      send(about === '' ? `${base}/incidents/${incident}/close` : `${base}/alerts/${about}/close`, {
        verdict: given,
        note: note.trim(),
      }),
    onSuccess() {
      void client.invalidateQueries({ queryKey: [base, `/incidents/${incident}`] })
      void client.invalidateQueries({ queryKey: [base, '/incidents'] })
      done()
    },
  })
  const submit = (): void => {
    if (verdict !== undefined && !close.isPending) close.mutate(verdict)
  }
  /** What is typed next is the note, and Enter in it closes. */
  const choose = (given: Verdict): void => {
    setVerdict(given)
    reason.current?.focus()
  }
  useKeys(
    {
      ...Object.fromEntries(VERDICTS.map((each, index) => [String(index + 1), () => choose(each)])),
      Enter: submit,
      Escape: done,
    },
    { alone: true },
  )
  return (
    <form
      ref={form}
      className={styles.form}
      aria-label="Verdict"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <fieldset>
        <legend>Verdict</legend>
        {VERDICTS.map((each, index) => (
          <label key={each} className={styles.choice}>
            <input type="radio" name="verdict" checked={verdict === each} onChange={() => setVerdict(each)} />
            {WORDS[each]} <kbd>{index + 1}</kbd>
          </label>
        ))}
      </fieldset>
      <div className={styles.rest}>
        {alerts.length > 1 || about !== '' ? (
          <select
            aria-label="What it is about"
            value={about}
            onChange={({ target }) => setAbout(target.value)}
          >
            <option value="">the whole incident</option>
            {alerts.map(({ id, rule }) => (
              <option key={id} value={id}>
                only: {rule.title}
              </option>
            ))}
          </select>
        ) : null}
        <input
          ref={reason}
          className={styles.note}
          aria-label="Note"
          placeholder="Note: why"
          maxLength={2_048}
          value={note}
          onChange={({ target }) => setNote(target.value)}
        />
        <button type="submit" className="primary" disabled={verdict === undefined || close.isPending}>
          Close it
        </button>
        <button type="button" onClick={done}>
          Cancel
        </button>
      </div>
      {close.error === null ? null : <Failed cause={close.error} />}
    </form>
  )
}
