import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { createStreamDecoder, sources } from '../../src/sources/index.ts'
import { eventually } from '../daemon.ts'
import { auditctl, AUDITD_BOUNDS, takeAudit } from './audit.ts'
import { realTest } from './engine.ts'

const root = join(import.meta.dirname, '../..')
const rules = readFileSync(join(root, 'sensors/auditd/tallyman.rules'), 'utf8')
/** Nobody else's: the rules of the test are for this user alone, for audit belongs to the whole machine. */
const USER = '42430'

const audit = await takeAudit()
const needs = { lacking: audit.works ? [] : ['auditd', 'root'] }
if (audit.isTaken) console.warn('skipped: the audit of this machine is in use')

const folder = mkdtempSync(join(tmpdir(), 'tallyman-audit-'))
const log = join(folder, 'audit.log')

describe.skipIf(audit.isTaken)('Linux audit', () => {
  afterAll(() => {
    audit.release()
    rmSync(folder, { recursive: true, force: true })
  })

  realTest(
    'takes every rule that is shipped for it',
    () => {
      const strict = join(folder, 'strict.rules')
      // not -i: a rule that is refused is to be told
      writeFileSync(strict, rules.replaceAll(/^-i$/gm, ''))
      expect(auditctl('-R', strict)).toMatchObject({ status: 0 })
      const asked = rules.split('\n').filter((line) => /^-[aw] /.test(line))
      expect(auditctl('-l').output.trim().split('\n')).toHaveLength(asked.length)
      auditctl('-D')
      return Promise.resolve()
    },
    needs,
  )

  realTest(
    'tells with them what a process does, and its log is read as it is written',
    async () => {
      const own = rules.replaceAll(/^-w .*$/gm, '').replaceAll(/(?= -F key=)/g, ` -F uid=${USER}`)
      writeFileSync(join(folder, 'own.rules'), own)
      mkdirSync(join(folder, 'plugins.d'))
      writeFileSync(
        join(folder, 'auditd.conf'),
        `log_file = ${log}\nlog_format = ENRICHED\nwrite_logs = yes\nlocal_events = yes\nflush = none\nname_format = none\nplugin_dir = ${folder}/plugins.d\n${AUDITD_BOUNDS}`,
      )
      chmodSync(join(folder, 'auditd.conf'), 0o640)
      const daemon = spawn('/usr/sbin/auditd', ['-n', '-c', folder, '-s', 'disable'], { stdio: 'ignore' })
      const ended = new Promise((resolve) => daemon.once('exit', resolve))
      try {
        await eventually(() => Promise.resolve(/^pid [1-9]/m.test(auditctl('-s').output) || undefined))
        expect(auditctl('-R', join(folder, 'own.rules'))).toMatchObject({ status: 0 })
        auditctl('-e', '1')
        // the first records after that may get lost
        await eventually(() => {
          const first = `import os; os.setuid(${USER}); os.execv("/bin/true", ["true"])`
          spawnSync('/usr/bin/python3', ['-c', first])
          return Promise.resolve(readFileSync(log, 'utf8').includes('comm="true"') || undefined)
        })
        const acts = join(folder, 'acts')
        mkdirSync(acts)
        chmodSync(acts, 0o777)
        spawnSync('/usr/bin/python3', [join(import.meta.dirname, 'audit-acts.py'), acts, USER], {
          encoding: 'utf8',
        })
        auditctl('-e', '0')
        await eventually(() =>
          Promise.resolve(readFileSync(log, 'utf8').includes('SYSCALL=ptrace') || undefined),
        )
      } finally {
        daemon.kill('SIGTERM')
        await ended
      }

      const { items, completed, failures } = createStreamDecoder(sources, 'audit').push({
        stream: 'audit',
        offset: 0,
        bytes: readFileSync(log),
        end: true,
      })
      expect(failures).toEqual([])
      expect(new Set(items.map(({ source }) => source))).toEqual(new Set(['auditd']))
      const told = (category: string): readonly Event[] =>
        completed.flatMap(({ events }) => events).filter(({ logsource }) => logsource.category === category)
      const acts = join(folder, 'acts')
      const records = (category: string) => told(category).map(({ record }) => record)

      expect(records('process_creation')).toContainEqual(
        expect.objectContaining({
          Image: '/bin/echo',
          'process.command_args': ['/bin/echo', 'a  b', 'ü', 'x'.repeat(9_000)],
          'process.result': 0,
          'process.executable.file': expect.any(String),
          User: expect.stringContaining(USER),
        }),
      )
      expect(records('file_event')).toContainEqual(
        expect.objectContaining({
          TargetFilename: join(acts, 'a file'),
          'file.flags': expect.arrayContaining(['O_WRONLY', 'O_CREAT', 'O_TRUNC']),
          CommandLine: expect.stringContaining('audit-acts.py'),
        }),
      )
      expect(records('file_rename')).toContainEqual(
        expect.objectContaining({
          SourceFilename: join(acts, 'a file'),
          TargetFilename: join(acts, 'an\nother'),
          'syscall.result': 0,
        }),
      )
      expect(records('network_connection')).toEqual([
        expect.objectContaining({ DestinationIp: '127.0.0.1', DestinationPort: 9, 'syscall.result': -111 }),
        expect.objectContaining({ DestinationIp: '::1', DestinationPort: 9, 'network.type': 'ipv6' }),
      ])
      expect(records('kernel_call')).toEqual([
        expect.objectContaining({ 'syscall.name': 'memfd_create' }),
        expect.objectContaining({
          'syscall.name': 'unshare',
          'syscall.flags': ['CLONE_NEWNS'],
          'syscall.result': -1,
        }),
        expect.objectContaining({ 'syscall.name': 'ptrace', 'syscall.flags': ['PTRACE_ATTACH'] }),
      ])
    },
    needs,
  )
})
