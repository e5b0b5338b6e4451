import type { Baseline } from './baseline-types.ts'
import { durationWords } from './correlation-words.ts'

/** What a baseline looks for, in one line: `new_value of Image in process by workload after 7d`. Hostile text. */
export function baselineWords({ test, inputs, fields, groupBy, peers, learning }: Baseline): string {
  const names = inputs.map(({ name }) => name).join(', ')
  const of = fields.length === 0 ? names : `${fields.join(', ')} in ${names}`
  const by = groupBy.length === 0 ? '' : ` by ${groupBy.join(', ')}`
  const among = peers.join() === groupBy.join() ? '' : ` among ${peers.join(', ')}`
  return `${testWords(test)} of ${of}${by}${among}, learned for ${durationWords(learning.span)}`
}

function testWords(test: Baseline['test']): string {
  switch (test.type) {
    case 'rare_value':
      return `rare_value ≤ ${test.share * 100} %`
    case 'change':
      return test.order === undefined ? `change from ${test.share * 100} %` : 'change to weaker'
    case 'spike':
      return `spike ${test.direction} ${test.threshold} of ${test.aggregate} in ${durationWords(test.timespan)}`
    case 'absence':
      return `absence for ${durationWords(test.timespan)}`
    case 'new_value':
      return test.type
  }
}
