import type { Baseline, BaselineTest } from '../../sigma/sigma.ts'
import { absence } from './absence.ts'
import type { BaselineAnalytic } from './baseline-analytic.ts'
import { spike } from './spike.ts'
import { values } from './values.ts'

type Of<T extends BaselineTest['type']> = Baseline & { readonly test: Extract<BaselineTest, { type: T }> }
type Kinds = { readonly [T in BaselineTest['type']]: (baseline: Of<T>) => unknown }

/** What each type of baseline is judged by: another kind is one file and one line here. */
const KINDS: Kinds = {
  new_value: values,
  rare_value: values,
  change: values,
  spike,
  absence,
}

/** The analytic of a baseline. */
export function kindOf(baseline: Baseline): BaselineAnalytic<unknown> {
  const make = KINDS[baseline.test.type] as (baseline: Baseline) => BaselineAnalytic<unknown>
  return make(baseline)
}
