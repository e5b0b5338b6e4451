import type { Finding } from '../domain/event.ts'
import type { ResourcePosition } from './kubernetes-position.ts'
import type { ClusterResource } from './kubernetes-resources.ts'

/** One object as the API server told it. */
export interface ObjectTold {
  readonly uid: string
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: Readonly<Record<string, unknown>>
}

/** What one resource has to hand on at once. */
export interface Step {
  readonly resource: ClusterResource
  readonly objects?: readonly ObjectTold[]
  /** The list in which they are. */
  readonly list?: number
  /** They were there when this resource was first listed. */
  readonly inventory?: boolean
  /** All that was told until now is what there is; it is said again after so many ms. */
  readonly looked?: number
  /** The list is complete: what was there before and is not in it is gone. */
  readonly complete?: boolean
  /** Records that could not be read. */
  readonly unreadable?: readonly string[]
  readonly findings?: readonly Finding[]
  /** Where it stands once this is handed on. */
  readonly position?: Partial<ResourcePosition>
}
