import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiFailure } from './client.ts'
import { session } from './session.ts'

function heard(failure: unknown): void {
  if (failure instanceof ApiFailure && failure.status === 401) session.end()
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
        retry: (count, failure) =>
          count < 3 && (!(failure instanceof ApiFailure) || failure.status === 0 || failure.status >= 500),
      },
    },
  })
}
