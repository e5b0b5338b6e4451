import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useBase } from '../api/base.ts'
import { send } from '../api/client.ts'
import { useKeys } from '../keys/use-keys.ts'
import { AccountableFields, isAccountable, useAccountable } from '../parts/accountable.tsx'
import { Failed } from '../parts/answer.tsx'
import { Field } from '../parts/field.tsx'
import form from '../parts/form.module.css'

const DAY = 86_400_000
/** Proposed; long enough for a roll-out, short enough to be looked at again. Days. */
const LASTS = 90
/** Ids that one request holds; its body is bounded. */
const AT_ONCE = 400

/** Turns chosen findings of the posture report into filters that expire. */
export function AdoptForm({
  alerts,
  done,
}: {
  /** Ids of what is adopted. */
  readonly alerts: readonly string[]
  readonly done: (said?: string) => void
}) {
  const base = useBase()
  const client = useQueryClient()
  const [expires, setExpires] = useState(() => dayOf(Date.now() + LASTS * DAY))
  const [account, setAccount] = useAccountable()
  const element = useRef<HTMLFormElement>(null)
  useEffect(() => element.current?.querySelector('input')?.focus(), [])
  useKeys({ Escape: () => done() }, { alone: true })

  const adopt = useMutation({
    async mutationFn() {
      let written = 0
      for (let at = 0; at < alerts.length; at += AT_ONCE) {
        const { filters } = await send<{ readonly filters: number }>(`${base}/posture/adopt`, {
          alerts: alerts.slice(at, at + AT_ONCE),
          expires,
          ...account,
        })
        written += filters
      }
      return written
    },
    onSuccess(written) {
      const without = alerts.length - written
      done(
        `${written} ${written === 1 ? 'filter' : 'filters'} written to filters/adopted.yaml of the site’s folder, until ${expires}.${
          without === 0 ? '' : ` ${without} closed without one: nothing but a name identifies them.`
        }`,
      )
    },
    onSettled: () => client.invalidateQueries({ queryKey: [base, '/posture'] }),
  })
  return (
    <form
      ref={element}
      className={form.form}
      aria-label="Adopt"
      onSubmit={(event) => {
        event.preventDefault()
        if (!adopt.isPending) adopt.mutate()
      }}
    >
      <div className={form.row}>
        <Field label="Until the end of" size="narrow">
          <input
            type="date"
            required
            min={dayOf(Date.now())}
            value={expires}
            onChange={({ target }) => setExpires(target.value)}
          />
        </Field>
        <AccountableFields account={account} set={setAccount} />
      </div>
      <p className={form.says}>
        {alerts.length === 1 ? 'One finding becomes a filter' : `${alerts.length} findings become filters`}:
        each exempts every container of that image on that host from the rule that it hit, until{' '}
        {expires || '…'}. After that, the rule alerts again.
      </p>
      <div className={form.row}>
        <button
          type="submit"
          className="primary"
          disabled={alerts.length === 0 || expires === '' || !isAccountable(account) || adopt.isPending}
        >
          Adopt {alerts.length}
        </button>
        <button type="button" onClick={() => done()}>
          Cancel
        </button>
      </div>
      {adopt.error === null ? null : <Failed cause={adopt.error} />}
    </form>
  )
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
