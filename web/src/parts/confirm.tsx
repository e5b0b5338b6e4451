import { useEffect, useRef, type ReactNode } from 'react'
import styles from './confirm.module.css'

/** Asks before something is done that is not easily undone. */
export function Confirm({
  title,
  verb,
  busy,
  act,
  close,
  children,
}: {
  readonly title: string
  /** What the button says. */
  readonly verb: string
  readonly busy: boolean
  readonly act: () => void
  readonly close: () => void
  readonly children: ReactNode
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} className={styles.confirm} onClose={close} aria-labelledby="confirm-title">
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault()
          act()
        }}
      >
        <h2 id="confirm-title">{title}</h2>
        <div className={styles.says}>{children}</div>
        <div className={styles.tools}>
          <button type="submit" className="primary" disabled={busy}>
            {verb}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  )
}
