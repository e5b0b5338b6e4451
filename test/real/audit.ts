import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../daemon.ts'

/** Whoever has this file locked has the audit of the machine, of which there is one: tests run beside each other. */
const LOCK = '/tmp/tallyman-audit.lock'

/** auditd refuses to start without them. */
export const AUDITD_BOUNDS = `max_log_file = 64
max_log_file_action = ignore
space_left = 2
admin_space_left = 1
space_left_action = ignore
admin_space_left_action = ignore
disk_full_action = ignore
disk_error_action = ignore
`

export function auditctl(...args: readonly string[]): {
  readonly status: number | null
  readonly output: string
} {
  const { status, stdout, stderr } = spawnSync('/usr/sbin/auditctl', args, { encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

export interface MachineAudit {
  /** Whether audit can be asked at all. */
  readonly works: boolean
  /** It is somebody's: a system that starts what it installs runs auditd. */
  readonly isTaken: boolean
  /** As it was, for whoever waits for it. */
  release(): void
}

/** Waits until no other test has it. */
export async function takeAudit(): Promise<MachineAudit> {
  const holder = spawn('flock', [LOCK, 'sh', '-c', 'echo; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  // where there is no such program there is no audit either
  await new Promise<void>((resolve) => {
    holder.once('error', () => resolve())
    holder.stdout.once('data', () => resolve())
  })
  const { status, output } = auditctl('-s')
  const works = status === 0
  const isTaken = works && !(/^pid 0$/m.test(output) && auditctl('-l').output.trim() === 'No rules')
  return {
    works,
    isTaken,
    release() {
      if (works && !isTaken) {
        auditctl('-D')
        auditctl('-e', '0')
        auditctl('-b', '64')
      }
      holder.stdin.end()
    },
  }
}

/** auditd with Laurel as its plugin, and the kernel asked for what the rules say; Laurel's log. */
export async function startLaurel(
  folder: string,
  rules: readonly (readonly string[])[],
): Promise<{ readonly log: string; stop(): Promise<void> }> {
  for (const name of ['plugins.d', 'laurel']) mkdirSync(join(folder, name), { recursive: true })
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), 0o640)
  }
  write(
    'auditd.conf',
    `log_file = ${folder}/audit.log\nwrite_logs = yes\nlocal_events = yes\nflush = none\nname_format = none\nplugin_dir = ${folder}/plugins.d\n${AUDITD_BOUNDS}`,
  )
  const plugin = {
    active: 'yes',
    direction: 'out',
    type: 'always',
    format: 'string',
    path: '/usr/sbin/laurel',
  }
  write(
    'plugins.d/laurel.conf',
    `${Object.entries(plugin)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('')}args = --config ${folder}/laurel.toml\n`,
  )
  write(
    'laurel.toml',
    `directory = "${folder}/laurel"\n[auditlog]\nfile = "laurel.log"\n[transform]\nexecve-argv = [ "array" ]\n[translate]\nuser-db = true\nuniversal = true\n[enrich]\ncontainer = true\npid = true\n`,
  )
  const daemon = spawn('/usr/sbin/auditd', ['-n', '-c', folder, '-s', 'disable'], { stdio: 'ignore' })
  const ended = new Promise((resolve) => daemon.once('exit', resolve))
  await eventually(() => Promise.resolve(/^pid [1-9]/m.test(auditctl('-s').output) || undefined))
  for (const rule of rules) {
    const { status, output } = auditctl(...rule)
    if (status !== 0) throw new Error(`auditctl ${rule.join(' ')}: ${output}`)
  }
  auditctl('-e', '1')
  return {
    log: join(folder, 'laurel/laurel.log'),
    async stop() {
      auditctl('-D')
      auditctl('-e', '0')
      daemon.kill('SIGTERM')
      await ended
    },
  }
}
