import type { Alert } from './types.ts'

/** An alert of which a test states what it is about. */
export function anAlert({ id, ...stated }: Pick<Alert, 'id'> & Partial<Alert>): Alert {
  return {
    id,
    time: '',
    first: '',
    last: '',
    strategy: { id: 's' },
    rule: { id, title: id },
    level: 'low',
    attack: [],
    entity: {},
    count: 1,
    incident: 'i',
    status: 'open',
    evidence: [],
    ...stated,
  }
}
