import { lazy, Suspense } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { loadPart } from '../api/load-part.ts'
import { AuditPage } from '../audit/audit-page.tsx'
import { CoveragePage } from '../coverage/coverage-page.tsx'
import { FindingsPage } from '../findings/findings-page.tsx'
import { InputsPage } from '../inputs/inputs-page.tsx'
import { NotificationsPage } from '../notifications/notifications-page.tsx'
import { Page } from '../parts/page.tsx'
import { PosturePage } from '../posture/posture-page.tsx'
import { QueuePage } from '../queue/queue-page.tsx'
import { SilencesPage } from '../silences/silences-page.tsx'
import { StrategiesPage } from '../strategy/strategies-page.tsx'

/** Markdown is what weighs most: whoever looks at the queue need not wait for it. */
const StrategyPage = lazy(() => loadPart(() => import('../strategy/strategy-page.tsx')))

const BaselinesPage = lazy(() => loadPart(() => import('../baselines/baselines-page.tsx')))
const KeyPage = lazy(() => loadPart(() => import('../baselines/key-page.tsx')))
const AboutPage = lazy(() => loadPart(() => import('../baselines/about-page.tsx')))

/** The page that the address names. */
export function Pages() {
  const [location] = useLocation()
  // One page at two addresses: opening an incident must not build the queue anew.
  const incident = /^\/(?:incidents\/([\w-]+))?$/.exec(location)
  if (incident !== null) return <QueuePage selected={incident[1]} />
  return (
    <Suspense>
      <Switch>
        <Route path="/posture" component={PosturePage} />
        <Route path="/strategies" component={StrategiesPage} />
        <Route path="/strategies/:id">{({ id }) => <StrategyPage id={id} />}</Route>
        <Route path="/coverage" component={CoveragePage} />
        <Route path="/baselines" component={BaselinesPage} />
        <Route path="/baselines/key" component={KeyPage} />
        <Route path="/baselines/about" component={AboutPage} />
        <Route path="/inputs" component={InputsPage} />
        <Route path="/findings" component={FindingsPage} />
        <Route path="/notifications" component={NotificationsPage} />
        <Route path="/silences" component={SilencesPage} />
        <Route path="/audit" component={AuditPage} />
        <Route>
          <Page title="Nothing is here">
            <p>
              The address names no page of the console. <Link href="/">To the queue</Link>
            </p>
          </Page>
        </Route>
      </Switch>
    </Suspense>
  )
}
