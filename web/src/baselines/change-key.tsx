import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useBase } from '../api/base.ts'
import { send } from '../api/client.ts'
import type { WholeKey } from '../api/types.ts'
import { Failed } from '../parts/answer.tsx'
import { Confirm } from '../parts/confirm.tsx'
import { Text } from '../text/text.tsx'
import { KeyName } from './key-name.tsx'

/** What is to be changed of a key: all of it, or one value. */
export interface Change {
  readonly verb: 'approve' | 'forget'
  readonly value?: string
}

const WORDS = {
  approve: {
    key: 'What it has counts as learned: what was told, held back or drifted as well. From now on it tells what differs.',
    value: 'The value counts as learned, and is not told again.',
  },
  forget: {
    key: 'All that it learned is gone. It begins anew with the next observation, and tells nothing until it has learned.',
    value: 'The value is gone. Seen again, it is told as new.',
  },
} as const

/** Asks, and changes the key; `done` says whether it is there still. */
export function ChangeKey({
  of: { baseline, key, of },
  change: { verb, value },
  done,
  cancel,
}: {
  readonly of: Pick<WholeKey, 'baseline' | 'key' | 'of'>
  readonly change: Change
  readonly done: () => void
  readonly cancel: () => void
}) {
  const base = useBase()
  const client = useQueryClient()
  const act = useMutation({
    mutationFn: () =>
      send(`${base}/baselines/${verb}`, {
        rule: baseline.rule,
        key,
        ...(value === undefined ? {} : { value }),
      }),
    onSuccess() {
      // what is forgotten whole is not asked for again: it is not there
      const isGone = verb === 'forget' && value === undefined
      for (const path of ['', '/keys', '/search', '/about', ...(isGone ? [] : ['/key'])])
        void client.invalidateQueries({ queryKey: [base, `/baselines${path}`] })
      done()
    },
  })
  const name = verb === 'approve' ? 'Approve' : 'Forget'
  return (
    <Confirm
      title={`${name} ${value === undefined ? 'what the key learned' : 'the value'}?`}
      verb={name}
      busy={act.isPending}
      act={() => act.mutate()}
      close={cancel}
    >
      <p>
        <Text value={baseline.title} />: <KeyName of={of} />
      </p>
      {value === undefined ? null : (
        <p>
          <Text mono value={value} limit={200} />
        </p>
      )}
      <p>
        {WORDS[verb][value === undefined ? 'key' : 'value']} It stands in the audit trail with your session.
      </p>
      {act.error === null ? null : <Failed cause={act.error} />}
    </Confirm>
  )
}
