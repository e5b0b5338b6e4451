import type { BaselineView } from './baseline-report.ts'
import type { Limit } from './limit.ts'

/** Of so many keys a share says something. */
const FEW = 20
/** A larger share that still learns is told. */
const SHARE = 0.2

/** Whether too many workloads have no baseline yet: what is unlike their past is not told of them. */
export function* baselineLimits(views: readonly Pick<BaselineView, 'keys'>[]): Iterable<Limit> {
  const sum = (of: (keys: BaselineView['keys']) => number): number =>
    views.reduce((total, { keys }) => total + of(keys), 0)
  const learning = sum((keys) => keys.learning)
  const all = sum((keys) => keys.learning + keys.armed + keys.stale + keys.drifted)
  if (all < FEW || learning <= all * SHARE) return
  const baselines = views.filter(({ keys }) => keys.learning > 0).length
  const share = `${Math.round((learning / all) * 100)} %`
  yield {
    kind: 'held',
    severity: 'note',
    about: 'baselines',
    message: `${learning} of ${all} keys of baselines (${share}) are still learning, of ${baselines} baselines: what is unlike the past of these workloads is not told yet`,
    mend: "'tallyman baseline list NAME --status learning' names them; what a known good place learned can be imported",
    short: `${share} learning`,
  }
}
