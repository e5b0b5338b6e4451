import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { send } from '../api/client.ts'
import { useBase } from '../api/base.ts'
import type { Tour } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'

const EVERY = 700

/** The tour: recorded telemetry, played through the real engine into a store of its own. */
export function useTour(): {
  readonly tour: Tour | undefined
  readonly error: Error | null
  readonly play: () => void
} {
  const base = useBase()
  const client = useQueryClient()
  const wanted = useRef(false)
  const playing = useMutation({ mutationFn: () => send<Tour>('/api/tour') })
  const answer = useAnswer<Tour>('/tour', { every: playing.isSuccess ? EVERY : 0 })
  const state = answer.data?.state

  // Its pages are there once something was played: then go and look.
  useEffect(() => {
    if (!wanted.current || (state !== 'playing' && state !== 'done')) return
    wanted.current = false
    window.location.assign('/tour/')
  }, [state])
  return {
    tour: answer.data,
    error: playing.error,
    play() {
      wanted.current = true
      playing.mutate(undefined, {
        onSettled: () => void client.invalidateQueries({ queryKey: [base, '/tour'] }),
      })
    },
  }
}
