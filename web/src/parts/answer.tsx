import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiFailure } from '../api/client.ts'
import { Notice } from './notice.tsx'

/** The content of an answer, or what is the matter with it. */
export function Answer<T>({
  of,
  children,
}: {
  readonly of: UseQueryResult<T>
  readonly children: (content: T) => ReactNode
}) {
  if (of.data !== undefined) return children(of.data)
  if (of.error !== null) return <Failed cause={of.error} />
  return <p className="quiet">Loading…</p>
}

/** A failure and its mend. */
export function Failed({ cause }: { readonly cause: Error }) {
  return (
    <Notice kind="bad">
      <strong>{cause.message}</strong>
      {cause instanceof ApiFailure ? <span>{cause.mend}</span> : null}
    </Notice>
  )
}
