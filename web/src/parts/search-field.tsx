import { useEffect, useRef, useState, type Ref } from 'react'

/** Typing settles for this long before it is told, ms. */
const SETTLE = 250

/** A text that something is searched for; told once typing settles. */
export function SearchField({
  label,
  placeholder,
  value,
  set,
  input,
  className,
}: {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly set: (value: string) => void
  readonly input?: Ref<HTMLInputElement>
  readonly className?: string | undefined
}) {
  const [typed, setTyped] = useState(value)
  const told = useRef(value)
  useEffect(() => {
    if (value === told.current) return
    told.current = value
    setTyped(value)
  }, [value])
  useEffect(() => {
    if (typed === told.current) return
    const timer = setTimeout(() => {
      told.current = typed
      set(typed)
    }, SETTLE)
    return () => clearTimeout(timer)
  }, [typed, set])
  return (
    <input
      ref={input}
      type="search"
      className={className}
      aria-label={label}
      placeholder={placeholder}
      maxLength={256}
      spellCheck={false}
      autoComplete="off"
      value={typed}
      onChange={({ target }) => setTyped(target.value)}
    />
  )
}
