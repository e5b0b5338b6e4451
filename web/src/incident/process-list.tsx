import type { ProcessNode } from './process-tree.ts'
import { Text } from '../text/text.tsx'
import styles from './process-tree.module.css'

/** Processes as nested lists; what matched stands out. */
export function ProcessList({ nodes }: { readonly nodes: readonly ProcessNode[] }) {
  return (
    <ul className={styles.tree}>
      {nodes.map((node) => (
        <Node key={node.key} node={node} />
      ))}
    </ul>
  )
}

function Node({ node: { pid, images, matched, children } }: { readonly node: ProcessNode }) {
  return (
    <li>
      <div className={styles.process} data-matched={matched.length > 0}>
        <span className={styles.pid}>{pid}</span>
        <span className={styles.images}>
          {images.length === 0 ? <span className="quiet">unknown</span> : null}
          {images.map(({ executable, commandLine }, index) => (
            <span key={index} className={styles.image}>
              {index === 0 ? null : <span className="quiet">then </span>}
              <strong>
                <Text mono value={executable === '' ? '?' : executable} />
              </strong>
              {commandLine === '' ? null : <Text mono value={commandLine} />}
            </span>
          ))}
        </span>
        {matched.length === 0 ? null : <span className={styles.matched}>matched</span>}
      </div>
      {children.length === 0 ? null : (
        <ul>
          {children.map((child) => (
            <Node key={child.key} node={child} />
          ))}
        </ul>
      )}
    </li>
  )
}
