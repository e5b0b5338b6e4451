import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { ask, send } from '../api/client.ts'
import type { Tour } from '../api/types.ts'

const URL = '/api/tour'
/** How far it is is asked so often while it plays, ms. */
const EVERY = 1_000

/** The tour: recorded telemetry through the real engine, into a store of its own, shown below `/tour`. */
export function useTour(): {
  /** Undefined until that is known. */
  readonly tour: Tour | undefined
  readonly error: Error | null
  readonly starting: boolean
  /** Plays it, from the beginning, and leads there. */
  readonly play: () => void
} {
  const client = useQueryClient()
  const [, go] = useLocation()
  const answer = useQuery<Tour>({
    queryKey: [URL],
    queryFn: ({ signal }) => ask<Tour>(URL, {}, signal),
    refetchInterval: ({ state }) => (state.data?.state === 'playing' ? EVERY : false),
  })
  const start = useMutation({
    mutationFn: () => send<Tour>(URL),
    onSuccess(tour) {
      client.setQueryData([URL], tour)
      void client.resetQueries({ queryKey: ['/tour/api'] })
      go('~/tour')
    },
  })
  return {
    tour: answer.data,
    error: start.error,
    starting: start.isPending,
    play: () => {
      if (!start.isPending) start.mutate()
    },
  }
}
