import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import { parseDuration } from '../../../src/domain/day.ts'
import { useBase } from '../api/base.ts'
import { send } from '../api/client.ts'
import type { Alert } from '../api/types.ts'
import { useKeys } from '../keys/use-keys.ts'
import { AccountableFields, isAccountable, useAccountable } from '../parts/accountable.tsx'
import { Failed } from '../parts/answer.tsx'
import { Field } from '../parts/field.tsx'
import form from '../parts/form.module.css'
import { Text } from '../text/text.tsx'
import { utc } from '../text/time.ts'
import { lineFor, linesFor, matchOf, matchText, type MatchLine } from './match-lines.ts'
import styles from './silence-form.module.css'

const EVERY_RULE = ''
const LASTS = ['1h', '4h', '24h', '7d', '30d']

/** Holds back what is like an alert, for a while. The API decides what is allowed; its refusals are shown. */
export function SilenceForm({
  alerts,
  about,
  done,
}: {
  /** Those of the incident. */
  readonly alerts: readonly Alert[]
  /** The one that it begins with. */
  readonly about: Alert
  /** Told what was done, where it was. */
  readonly done: (said?: string) => void
}) {
  const base = useBase()
  const client = useQueryClient()
  const names = useId()
  const [rule, setRule] = useState(about.rule.id)
  const [lines, setLines] = useState<readonly MatchLine[]>(() => linesFor(about.entity))
  const [lasts, setLasts] = useState('24h')
  const [account, setAccount] = useAccountable()
  const element = useRef<HTMLFormElement>(null)
  useEffect(() => element.current?.querySelector('select')?.focus(), [])
  useKeys({ Escape: () => done() }, { alone: true })

  const rules = new Map(alerts.map((alert) => [alert.rule.id, alert.rule.title]))
  const match = matchOf(lines)
  const empty = Object.keys(match).length === 0
  const silence = useMutation({
    mutationFn: () =>
      send<{ readonly id: string }>(`${base}/silences`, {
        match,
        ...(rule === EVERY_RULE ? {} : { rules: [rule] }),
        for: lasts,
        owner: account.owner,
        reason: account.reason,
      }),
    onSuccess({ id }) {
      void client.invalidateQueries({ queryKey: [base, '/silences'] })
      done(`Silenced until ${endOf(lasts)} as ${id}. What is open stays open: a verdict closes it.`)
    },
  })
  const change = (at: number, part: Partial<MatchLine>): void =>
    setLines(lines.map((line, index) => (index === at ? { ...line, ...part } : line)))

  return (
    <form
      ref={element}
      className={form.form}
      aria-label="Silence"
      onSubmit={(event) => {
        event.preventDefault()
        if (!silence.isPending) silence.mutate()
      }}
    >
      <div className={form.row}>
        <Field label="Rule" size="wide">
          <select value={rule} onChange={({ target }) => setRule(target.value)}>
            {[...rules].map(([id, title]) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
            <option value={EVERY_RULE}>every rule</option>
          </select>
        </Field>
        <Field label="For (30m, 2h, 14d)" size="narrow">
          <input
            required
            maxLength={16}
            list={`${names}-lasts`}
            value={lasts}
            onChange={({ target }) => setLasts(target.value)}
          />
        </Field>
        <datalist id={`${names}-lasts`}>
          {LASTS.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      </div>
      <fieldset className={styles.lines}>
        <legend>Where all of these hold; * stands for anything</legend>
        {lines.map((line, index) => (
          <div key={index} className={styles.line}>
            <input
              aria-label={`Field ${index + 1}`}
              list={names}
              maxLength={256}
              spellCheck={false}
              value={line.field}
              onChange={({ target: { value } }) =>
                // A known attribute brings its value with it.
                change(
                  index,
                  line.value === '' && Object.hasOwn(about.entity, value)
                    ? lineFor(about.entity, value)
                    : { field: value },
                )
              }
            />
            <input
              aria-label={`Value ${index + 1}`}
              maxLength={2_048}
              spellCheck={false}
              value={line.value}
              onChange={({ target }) => change(index, { value: target.value })}
            />
            <button
              type="button"
              aria-label={`Remove line ${index + 1}`}
              onClick={() => setLines(lines.filter((_, at) => at !== index))}
            >
              remove
            </button>
          </div>
        ))}
        <datalist id={names}>
          {[...Object.keys(about.entity), ...Object.keys(about.evidence[0]?.fields ?? {})].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <button
          type="button"
          className={styles.add}
          onClick={() => setLines([...lines, { field: '', value: '' }])}
        >
          Add a line
        </button>
      </fieldset>
      <div className={form.row}>
        <AccountableFields account={account} set={setAccount} />
      </div>
      <p className={form.says}>
        {empty ? (
          'Names nothing yet: what matches everything would silence everything.'
        ) : (
          <>
            Holds back{' '}
            {rule === EVERY_RULE ? (
              'every rule'
            ) : (
              <q>
                <Text value={rules.get(rule) ?? rule} />
              </q>
            )}{' '}
            where <Text value={matchText(match)} />, until {endOf(lasts)}. It is counted, and opens no alert.
          </>
        )}
      </p>
      <div className={form.row}>
        <button
          type="submit"
          className="primary"
          disabled={empty || !isAccountable(account) || silence.isPending}
        >
          Silence it
        </button>
        <button type="button" onClick={() => done()}>
          Cancel
        </button>
      </div>
      {silence.error === null ? null : <Failed cause={silence.error} />}
    </form>
  )
}

/** When something that lasts so long from now ends. */
function endOf(lasts: string): string {
  const duration = parseDuration(lasts)
  const end = Date.now() + (duration ?? 0)
  return duration === undefined || end > 8.64e15 ? '…' : utc(end)
}
