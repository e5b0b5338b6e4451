import { alertView, findingView } from '../domain/alert-view.ts'
import type { BatchResult } from '../pipeline.ts'
import type { Reader } from '../store/store.ts'

/** What a console is told as it happens. */
export type LiveMessage =
  | { readonly kind: 'alert'; readonly opened: boolean; readonly alert: ReturnType<typeof alertView> }
  | { readonly kind: 'finding'; readonly finding: ReturnType<typeof findingView> }

export interface Live {
  /** Returns what ends the subscription. */
  subscribe(listener: (message: LiveMessage) => void): () => void
  committed(result: BatchResult, reader: Pick<Reader, 'alert'>): void
}

/** Tells whoever listens about each committed batch; looks nothing up while nobody does. */
export function createLive(): Live {
  const listeners = new Set<(message: LiveMessage) => void>()
  const tell = (message: LiveMessage): void => {
    for (const listener of listeners) listener(message)
  }
  return {
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    committed({ alerts, findings }, reader) {
      if (listeners.size === 0) return
      for (const { id, opened } of alerts) {
        const alert = reader.alert(id)
        if (alert !== undefined) tell({ kind: 'alert', opened, alert: alertView(alert) })
      }
      for (const finding of findings) tell({ kind: 'finding', finding: findingView(finding) })
    },
  }
}
