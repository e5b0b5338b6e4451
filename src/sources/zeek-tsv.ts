import { isUtf8 } from 'node:buffer'
import type { JsonObject } from './json.ts'

/** What a line of a Zeek log in its tab-separated form is. */
export type TableLine =
  | { readonly kind: 'header' }
  | { readonly kind: 'row'; readonly json: JsonObject }
  | { readonly kind: 'failed'; readonly reason: string }

/** The header that rows are read with, for going on behind it. JSON. */
export interface TableHeader {
  readonly separator: string
  readonly setSeparator: string
  readonly empty: string
  readonly unset: string
  readonly path: string
  readonly fields: readonly string[]
  readonly types: readonly string[]
}

export interface TableReader {
  /** Undefined for a line that belongs to no table. */
  read(text: string): TableLine | undefined
  /** Undefined outside of a table. */
  checkpoint(): TableHeader | undefined
}

export const WRONG_COLUMNS = 'zeek: a row with other columns than its header'
export const NO_HEADER = 'zeek: a row before the header was complete'
export const HEADER_TOO_LONG = 'zeek: header too long'

/** A header is state that is kept with every checkpoint; Zeek's longest has a tenth of it. */
const MAX_HEADER = 64 * 1024

/**
 * Reads Zeek's tab-separated logs (https://docs.zeek.org/en/current/log-formats.html): a header names separators,
 * columns and types, and may come again where logs were put together. A row becomes what the same entry is in
 * Zeek's JSON: an object with the column's names and `_path`; what is unset is left out.
 */
export function createTableReader(from?: TableHeader): TableReader {
  let header = from
  return {
    read(text) {
      if (text.startsWith('#separator ')) {
        header = beginning(text.slice('#separator '.length))
        return { kind: 'header' }
      }
      if (header === undefined) return isBanner(text) ? { kind: 'header' } : undefined
      if (!text.startsWith('#')) return rowOf(text, header)
      if (text.length > MAX_HEADER) {
        header = undefined
        return { kind: 'failed', reason: HEADER_TOO_LONG }
      }
      header = continued(header, text)
      return { kind: 'header' }
    },
    checkpoint: () => header,
  }
}

/** What Zeek's own test suite writes above the logs that it keeps. */
function isBanner(text: string): boolean {
  return text.startsWith('### BTest baseline data ')
}

function beginning(separator: string): TableHeader {
  return {
    separator: unescape(separator.slice(0, 64)) || '\t',
    setSeparator: ',',
    empty: '(empty)',
    unset: '-',
    path: '',
    fields: [],
    types: [],
  }
}

/** Unknown lines of a header (`#open`, `#close`) say nothing about its rows. */
function continued(header: TableHeader, line: string): TableHeader {
  const [directive = '', ...values] = line.split(header.separator)
  const [value = ''] = values
  switch (directive) {
    case '#set_separator':
      return { ...header, setSeparator: unescape(value) || ',' }
    case '#empty_field':
      return { ...header, empty: value }
    case '#unset_field':
      return { ...header, unset: value }
    case '#path':
      return { ...header, path: value }
    case '#fields':
      return { ...header, fields: values }
    case '#types':
      return { ...header, types: values }
    default:
      return header
  }
}

function rowOf(line: string, header: TableHeader): TableLine {
  const { fields, types, separator, path } = header
  if (fields.length === 0) return { kind: 'failed', reason: NO_HEADER }
  const cells = line.split(separator)
  if (cells.length !== fields.length) return { kind: 'failed', reason: WRONG_COLUMNS }
  const members: [string, unknown][] = [['_path', path]]
  for (const [column, cell] of cells.entries()) {
    const value = cellOf(cell, types[column] ?? 'string', header)
    if (value !== undefined) members.push([fields[column] ?? '', value])
  }
  return { kind: 'row', json: Object.fromEntries(members) }
}

const COLLECTION = /^(?:set|vector|table|list)\[(\w+)\]$/

/** The value of a cell; undefined where it is unset. What its type does not allow stays text. */
function cellOf(cell: string, type: string, { empty, unset, setSeparator }: TableHeader): unknown {
  if (cell === unset) return undefined
  const member = COLLECTION.exec(type)?.[1]
  if (member === undefined) return cell === empty ? '' : valueOf(cell, type)
  if (cell === empty) return []
  return cell
    .split(setSeparator)
    .map((element) => (element === unset ? null : element === empty ? '' : valueOf(element, member)))
}

const WHOLE = /^-?\d{1,20}$/
const DECIMAL = /^-?(?:\d{1,20}(?:\.\d{1,20})?|\.\d{1,20})(?:e[+-]?\d{1,3})?$/i

function valueOf(text: string, type: string): unknown {
  switch (type) {
    case 'bool':
      return text === 'T' ? true : text === 'F' ? false : unescape(text)
    case 'count':
    case 'int':
    case 'port':
      return WHOLE.test(text) ? integer(text) : unescape(text)
    case 'time':
    case 'interval':
    case 'double':
      return DECIMAL.test(text) ? Number(text) : unescape(text)
    default:
      return unescape(text)
  }
}

/** As JSON is read: what a double cannot hold is a BigInt. */
function integer(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}

/** `\x2c` and `\\`: separators, backslashes, and bytes beyond ASCII. Those that are no UTF-8 stay as they are written. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text
  return text.replaceAll(/(?:\\x[0-9a-f]{2})+|\\\\/gi, (escaped) =>
    escaped === '\\\\' ? '\\' : textOfBytes(Buffer.from(escaped.replaceAll(/\\x/gi, ''), 'hex')),
  )
}

function textOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find((count) => isUtf8(bytes.subarray(at, at + count))) ?? 0
    const character = bytes.subarray(at, at + Math.max(length, 1))
    text += length === 0 ? `\\x${character.toString('hex')}` : character.toString('utf8')
    at += character.length
  }
  return text
}
