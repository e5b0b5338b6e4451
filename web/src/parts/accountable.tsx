import { useState } from 'react'
import { Field } from './field.tsx'

/** Who answers for a change, and why it is made; the API refuses one without both. */
export interface Accountable {
  readonly owner: string
  readonly reason: string
}

const STORED_AS = 'tallyman.owner'

/** The owner is remembered in this browser: it is mostly the same. */
export function useAccountable(): readonly [Accountable, (part: Partial<Accountable>) => void] {
  const [account, setAccount] = useState<Accountable>(() => ({
    owner: window.localStorage.getItem(STORED_AS) ?? '',
    reason: '',
  }))
  const set = (part: Partial<Accountable>): void => {
    if (part.owner !== undefined) window.localStorage.setItem(STORED_AS, part.owner)
    setAccount((before) => ({ ...before, ...part }))
  }
  return [account, set]
}

export function isAccountable({ owner, reason }: Accountable): boolean {
  return owner.trim() !== '' && reason.trim() !== ''
}

export function AccountableFields({
  account,
  set,
}: {
  readonly account: Accountable
  readonly set: (part: Partial<Accountable>) => void
}) {
  return (
    <>
      <Field label="Owner" size="narrow">
        <input
          required
          maxLength={128}
          value={account.owner}
          onChange={({ target }) => set({ owner: target.value })}
        />
      </Field>
      <Field label="Reason" size="wide">
        <input
          required
          maxLength={2_048}
          value={account.reason}
          onChange={({ target }) => set({ reason: target.value })}
        />
      </Field>
    </>
  )
}
