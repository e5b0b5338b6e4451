import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useBase } from './base.ts'
import { ask, type Query } from './client.ts'

/** One GET of the API, kept and refetched; `path` is below the base, as `/strategies`. */
export function useAnswer<T>(
  path: string,
  {
    query = {},
    every,
    enabled = true,
    staleTime,
  }: {
    readonly query?: Query
    /** Asked again so often, ms. */
    readonly every?: number
    readonly enabled?: boolean
    readonly staleTime?: number
  } = {},
): UseQueryResult<T> {
  const base = useBase()
  return useQuery<T>({
    queryKey: [base, path, query],
    queryFn: ({ signal }) => ask<T>(base + path, query, signal),
    enabled,
    ...(every === undefined ? {} : { refetchInterval: every }),
    ...(staleTime === undefined ? {} : { staleTime }),
  })
}
