import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useState, type KeyboardEvent, type RefObject } from 'react'
import type { Incident } from '../api/types.ts'
import styles from './queue-list.module.css'
import { QueueRow } from './queue-row.tsx'

/** px; below this width a row takes two lines. */
const TWO_LINES_BELOW = 560
const ROW = 32
const ROW_OF_TWO = 52

/** The rows that are in view, of however many there are. One list for the keyboard, one active row. */
export function QueueList({
  rows,
  at,
  selected,
  list,
  move,
  open,
  more,
  atTop,
}: {
  readonly rows: readonly Incident[]
  readonly at: string | undefined
  readonly selected: string | undefined
  readonly list: RefObject<HTMLDivElement | null>
  readonly move: (steps: number) => void
  readonly open: (id: string) => void
  readonly more: (() => void) | undefined
  readonly atTop: (top: boolean) => void
}) {
  const height = useRowHeight(list)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => list.current,
    estimateSize: () => height,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 16,
  })
  useLayoutEffect(() => virtual.measure(), [height, virtual])
  const index = rows.findIndex(({ id }) => id === at)
  useEffect(() => {
    if (index >= 0) virtual.scrollToIndex(index, { align: 'auto' })
    // When the reader moves, not when rows come in above.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [at])

  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= rows.length - 30) more?.()
  }, [last, rows.length, more])

  const page = Math.max(1, Math.floor((list.current?.clientHeight ?? 300) / height) - 1)
  const pressed = (event: KeyboardEvent): void => {
    const steps = {
      Home: -rows.length,
      End: rows.length,
      PageUp: -page,
      PageDown: page,
      ArrowUp: -1,
      ArrowDown: 1,
    }
    const by = Object.hasOwn(steps, event.key) ? steps[event.key as keyof typeof steps] : undefined
    if (by === undefined) return
    event.preventDefault()
    event.stopPropagation()
    move(by)
  }

  return (
    <>
      <div className={styles.heads} aria-hidden="true">
        <span>Level</span>
        <span className={styles.headOfEntity}>Entity</span>
        <span className={styles.image}>Image</span>
        <span>What happened</span>
        <span className={styles.attack}>ATT&amp;CK</span>
        <span className={styles.count}>Matches</span>
        <span className={styles.time}>Last</span>
        <span className={styles.status}>Status</span>
      </div>
      <div
        ref={list}
        className={styles.list}
        role="listbox"
        tabIndex={0}
        aria-label="Incidents, newest first"
        aria-activedescendant={items.some((item) => item.index === index) ? `row-${at}` : undefined}
        onKeyDown={pressed}
        onScroll={({ currentTarget }) => atTop(currentTarget.scrollTop < 4)}
      >
        <div className={styles.ground} role="presentation" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, key, start }) => {
            const incident = rows[index]
            return incident === undefined ? null : (
              <QueueRow
                key={key}
                incident={incident}
                place={{ index, of: more === undefined ? rows.length : -1, top: start, height }}
                here={incident.id === at}
                selected={incident.id === selected}
                open={open}
              />
            )
          })}
        </div>
      </div>
    </>
  )
}

function useRowHeight(list: RefObject<HTMLDivElement | null>): number {
  const [height, setHeight] = useState(ROW)
  useLayoutEffect(() => {
    const element = list.current
    if (element === null) return
    const watch = new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0
      if (width > 0) setHeight(width < TWO_LINES_BELOW ? ROW_OF_TWO : ROW)
    })
    watch.observe(element)
    return () => watch.disconnect()
  }, [list])
  return height
}
