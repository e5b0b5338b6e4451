import type { Fact } from '../domain/event.ts'
import { listOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'

const UID = /^[0-9a-f-]{32,36}$/
const MAX_USER = 256

/** Who created a pod or workload, as the API server wrote down its answer. */
export function createdFacts(event: JsonObject, time: number): readonly Fact[] {
  const { metadata } = objectOf(event['responseObject'])
  const { uid, ownerReferences } = objectOf(metadata)
  const user = textOf(objectOf(event['user'])['username'])
  if (typeof uid !== 'string' || !UID.test(uid) || user === undefined || user.length > MAX_USER) return []
  const owners = listOf(ownerReferences).map(objectOf)
  const owner = (owners.find((one) => one['controller'] === true) ?? owners[0])?.['uid']
  return [
    {
      kind: 'created',
      object: uid,
      time,
      user,
      ...(typeof owner === 'string' && UID.test(owner) && { owner }),
    },
  ]
}
