import type { SourceName } from './event.ts'

/** Sources whose records are about a whole cluster or an account. */
const BEYOND_MACHINES: readonly SourceName[] = [
  'kubernetes.audit',
  'kubernetes.api',
  'cloudtrail',
  'gcp.audit',
  'azure.activity',
  'registry',
  'certificate.transparency',
]

/** Whether who tells of one machine alone may speak as this source. */
export function isAboutMachines(source: SourceName): boolean {
  return !BEYOND_MACHINES.includes(source)
}
