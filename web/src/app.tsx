import { QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { Route, Switch } from 'wouter'
import { BaseProvider } from './api/base.ts'
import type { ApiBase } from './api/client.ts'
import { LiveProvider } from './api/live-context.tsx'
import { createQueryClient } from './api/query-client.ts'
import { followLogin, session } from './api/session.ts'
import { SessionEnded } from './shell/session-ended.tsx'
import { Shell } from './shell/shell.tsx'
import { TourGate } from './tour/tour-gate.tsx'

/** The console; below `/tour` the same, over the recorded telemetry. */
export function App() {
  const [client] = useState(createQueryClient)
  const ended = useSyncExternalStore(session.subscribe, session.over)
  useEffect(followLogin, [])
  if (ended) return <SessionEnded />
  return (
    <QueryClientProvider client={client}>
      <Switch>
        <Route path="/tour" nest>
          <TourGate>
            <Console base="/tour/api" />
          </TourGate>
        </Route>
        <Route>
          <Console base="/api" />
        </Route>
      </Switch>
    </QueryClientProvider>
  )
}

function Console({ base }: { readonly base: ApiBase }) {
  return (
    <BaseProvider key={base} value={base}>
      <LiveProvider>
        <Shell />
      </LiveProvider>
    </BaseProvider>
  )
}
