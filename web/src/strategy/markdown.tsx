import { fromMarkdown } from 'mdast-util-from-markdown'
import { frontmatterFromMarkdown } from 'mdast-util-frontmatter'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import type { PhrasingContent, Root, RootContent, TableRow } from 'mdast'
import { frontmatter } from 'micromark-extension-frontmatter'
import { gfm } from 'micromark-extension-gfm'
import { createElement, useMemo, type ReactNode } from 'react'
import { Text } from '../text/text.tsx'
import { CodeBlock } from './code-block.tsx'
import styles from './markdown.module.css'

/** Deeper nesting than this is shown as its text is not: documents are somebody else's. */
const DEPTH = 24

/** A Markdown document as elements. HTML in it is text, images are their description, nothing is fetched. */
export default function Markdown({
  text,
  title = true,
}: {
  readonly text: string
  readonly title?: boolean
}) {
  const tree = useMemo<Root>(
    () =>
      fromMarkdown(text, {
        extensions: [gfm(), frontmatter(['yaml'])],
        mdastExtensions: [gfmFromMarkdown(), frontmatterFromMarkdown(['yaml'])],
      }),
    [text],
  )
  return (
    <div className={styles.document}>
      {blocks(title ? tree.children : tree.children.filter(isNoTitle), 0)}
    </div>
  )
}

/** Where the page says the title, the document need not. */
function isNoTitle(node: RootContent): boolean {
  return node.type !== 'heading' || node.depth !== 1
}

function blocks(nodes: readonly RootContent[], depth: number): ReactNode {
  if (depth > DEPTH) return null
  return nodes.map((node, index) => <Block key={index} node={node} depth={depth + 1} />)
}

function Block({ node, depth }: { readonly node: RootContent; readonly depth: number }) {
  switch (node.type) {
    case 'heading':
      return createElement(`h${Math.min(node.depth + 1, 6)}`, {}, inline(node.children, depth))
    case 'paragraph':
      return <p>{inline(node.children, depth)}</p>
    case 'code':
      return <CodeBlock kind={[node.lang, node.meta].filter(Boolean).join(' ')} text={node.value} />
    case 'list':
      return createElement(
        node.ordered === true ? 'ol' : 'ul',
        node.ordered === true ? { start: node.start ?? 1 } : {},
        blocks(node.children, depth),
      )
    case 'listItem':
      return (
        <li>
          {typeof node.checked === 'boolean' ? (node.checked ? '☑ ' : '☐ ') : ''}
          {blocks(node.children, depth)}
        </li>
      )
    case 'blockquote':
      return <blockquote>{blocks(node.children, depth)}</blockquote>
    case 'table':
      return (
        // Scrolls sideways where it is narrow: the keyboard must reach it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className={styles.table} tabIndex={0} role="group" aria-label="Table">
          <table>
            <thead>{node.children.slice(0, 1).map((row, index) => cells(row, index, 'th', depth))}</thead>
            <tbody>{node.children.slice(1).map((row, index) => cells(row, index, 'td', depth))}</tbody>
          </table>
        </div>
      )
    case 'thematicBreak':
      return <hr />
    case 'html':
      return (
        <p>
          <code>
            <Text value={node.value} />
          </code>
        </p>
      )
    case 'yaml':
    case 'definition':
      return null
    case 'footnoteDefinition':
      return (
        <div>
          <sup>{node.identifier}</sup> {blocks(node.children, depth)}
        </div>
      )
    default:
      return inline([node as PhrasingContent], depth)
  }
}

function cells(row: TableRow, index: number, tag: 'th' | 'td', depth: number): ReactNode {
  return (
    <tr key={index}>
      {row.children.map((cell, column) =>
        createElement(
          tag,
          { key: column, ...(tag === 'th' ? { scope: 'col' } : {}) },
          inline(cell.children, depth),
        ),
      )}
    </tr>
  )
}

function inline(nodes: readonly PhrasingContent[], depth: number): ReactNode {
  if (depth > DEPTH) return null
  return nodes.map((node, index) => <Inline key={index} node={node} depth={depth + 1} />)
}

function Inline({ node, depth }: { readonly node: PhrasingContent; readonly depth: number }) {
  switch (node.type) {
    case 'text':
      return <Plain text={node.value} />
    case 'inlineCode':
      return (
        <code>
          <Plain text={node.value} />
        </code>
      )
    case 'emphasis':
      return <em>{inline(node.children, depth)}</em>
    case 'strong':
      return <strong>{inline(node.children, depth)}</strong>
    case 'delete':
      return <del>{inline(node.children, depth)}</del>
    case 'break':
      return <br />
    case 'link':
      return /^https?:\/\//i.test(node.url) ? (
        <a href={node.url} target="_blank" rel="noopener noreferrer" title={node.url}>
          {inline(node.children, depth)}
        </a>
      ) : (
        <>{inline(node.children, depth)}</>
      )
    case 'linkReference':
      return <>{inline(node.children, depth)}</>
    case 'image':
    case 'imageReference':
      return <Plain text={`[image: ${node.alt ?? ''}]`} />
    case 'footnoteReference':
      return <sup>{node.identifier}</sup>
    case 'html':
      return (
        <code>
          <Plain text={node.value} />
        </code>
      )
  }
}

/** Text of a document: a line's end is a blank, everything else as any hostile string. */
function Plain({ text }: { readonly text: string }) {
  return <Text value={text.replace(/\s*\n\s*/g, ' ')} limit={Number.POSITIVE_INFINITY} />
}
