import { Text } from '../text/text.tsx'
import styles from './markdown.module.css'

/** What runs is told from what is only shown. */
const CAPTIONS: Readonly<Record<string, string>> = {
  'ads:rules': 'Rules, evaluated on every event',
  'ads:assume': 'Assumptions, measured',
  'ads:miss': 'Known misses, tested to stay silent',
  'ads:filter': 'Filters, each until it expires',
  'ads:test': 'Tests',
  'ads:emulate': 'Emulation',
  'ads:priority': 'Conditions that set the level',
  'ads:playbook': 'Response steps',
}

/** A fenced block; one that Tallyman executes says so. */
export function CodeBlock({ kind, text }: { readonly kind: string; readonly text: string }) {
  const runs = /\bads:[\w-]+/.exec(kind)?.[0]
  return (
    <figure className={styles.code} data-runs={runs !== undefined}>
      {runs === undefined ? null : (
        <figcaption>
          <strong>{runs}</strong> {CAPTIONS[runs] ?? ''}
        </figcaption>
      )}
      {/* Scrolls sideways, so that the keyboard must reach it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} role="region" aria-label={runs ?? 'code'}>
        {text.split('\n').map((line, index) => (
          <Line key={index} line={line} />
        ))}
      </pre>
    </figure>
  )
}

/** A line of YAML: its comment and its key are told apart from its value. */
function Line({ line }: { readonly line: string }) {
  const [, indent = '', rest = ''] = /^(\s*(?:- )?)(.*)$/s.exec(line) ?? []
  if (rest.startsWith('#')) {
    return (
      <span className={styles.comment}>
        {indent}
        <Text value={rest} limit={2_000} />
        {'\n'}
      </span>
    )
  }
  const [, key = '', value = rest] = /^([\w.|@/-]+:)(\s.*|)$/s.exec(rest) ?? []
  return (
    <>
      {indent}
      {key === '' ? null : (
        <span className={styles.key}>
          <Text value={key} />
        </span>
      )}
      <Text value={value} limit={2_000} />
      {'\n'}
    </>
  )
}
