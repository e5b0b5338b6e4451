import { useEffect, useEffectEvent } from 'react'
import { createKeyStack, type Bindings } from './key-stack.ts'

const stack = createKeyStack(() => performance.now())

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing) return
  const target = event.target instanceof HTMLElement ? event.target : undefined
  const control = target?.closest('button, a, summary') !== null && target !== undefined
  // Enter and the blank press the control that has the focus.
  if (control && (event.key === 'Enter' || event.key === ' ')) return
  const done = stack.press({
    key: event.shiftKey && /^[A-Z]$/.test(event.key) ? `Shift ${event.key}` : event.key,
    typing: target !== undefined && isTyping(target),
    modified: event.ctrlKey || event.altKey || event.metaKey,
  })
  if (done) event.preventDefault()
})

function isTyping(target: HTMLElement): boolean {
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true
  return target instanceof HTMLInputElement && target.type !== 'radio' && target.type !== 'checkbox'
}

/**
 * Binds keys while mounted and `active`; the one mounted last is asked first. `alone` are those of a form: what is
 * typed into it by mistake must not press the keys of the page behind it.
 */
export function useKeys(
  bindings: Bindings,
  { active = true, alone = false }: { readonly active?: boolean; readonly alone?: boolean } = {},
): void {
  const current = useEffectEvent(() => bindings)
  useEffect(() => (active ? stack.add(() => current(), alone) : undefined), [active, alone])
}
