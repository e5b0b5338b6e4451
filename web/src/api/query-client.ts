import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiFailure } from './client.ts'
import { session } from './session.ts'

function heard(failure: unknown): void {
  if (failure instanceof ApiFailure && failure.status === 401) session.end()
}

/** A daemon that is gone, busy or broken may be better in a moment. */
function mayPass(failure: unknown): boolean {
  if (!(failure instanceof ApiFailure)) return true
  return [0, 408, 429].includes(failure.status) || failure.status >= 500
}

/** Refusals are final; a daemon that does not answer is asked again. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: heard }),
    mutationCache: new MutationCache({ onError: heard }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        refetchOnWindowFocus: true,
        retry: (count, failure) => count < 3 && mayPass(failure),
      },
    },
  })
}
