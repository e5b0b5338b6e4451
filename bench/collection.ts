import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { RuleText } from '../src/sigma/sigma.ts'

const DATA = resolve(import.meta.dirname, '../../shared/data/sigma')
export const LANES = ['structured', 'raw'] as const
export type Lane = (typeof LANES)[number]

/** Whether there is a large collection of rules, and records for it. */
export function hasCollection(): boolean {
  return existsSync(DATA)
}

/** Unpacks the collection into a folder that is there as long as the work takes. */
export async function inCollection<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-sigma-'))
  try {
    execFileSync('tar', ['xzf', join(DATA, 'sigmahq-rules.tar.gz'), '-C', folder])
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Rules that are in use, which is not all that the collection has. */
export function rulesFolder(folder: string): string {
  return join(folder, 'rules')
}

export function readRules(folder: string): readonly RuleText[] {
  const files = globSync('rules/**/*.yml', { cwd: folder }).sort()
  return files.map((file) => ({
    file,
    text: readFileSync(join(folder, file), 'utf8'),
    line: 1,
    strategy: 'sigma',
  }))
}

/** 10,000 records, as JSON, one a line. */
export function linesOf(lane: Lane): readonly string[] {
  return gunzipSync(readFileSync(join(DATA, 'lanes', `${lane}_windows.ndjson.gz`)))
    .toString()
    .trim()
    .split('\n')
}
