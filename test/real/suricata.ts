import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { eventually } from '../daemon.ts'

const README = resolve(import.meta.dirname, '../../sensors/suricata/README.md')

/** Suricata on an interface of a network namespace, with the settings that ship; its `eve.json` lies in the folder. */
export async function startSuricata(
  folder: string,
  { netns, device }: { readonly netns: string; readonly device: string },
): Promise<{ stop(): Promise<void> }> {
  mkdirSync(folder, { recursive: true })
  const [, settings = ''] =
    /^## suricata\.yaml\n```yaml\n(.*?)^```$/ms.exec(readFileSync(README, 'utf8')) ?? []
  const config = join(folder, 'suricata.yaml')
  writeFileSync(config, `%YAML 1.1\n---\n${settings}`)
  const words = ['suricata', '-c', config, '-i', device, '-l', folder, '-S', '/dev/null']
  // checksums between containers are never computed
  const child = spawn('nsenter', [`--net=/run/netns/${netns}`, ...words, '-k', 'none'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await eventually(
    () => {
      if (child.exitCode !== null) throw new Error(`suricata ended: ${printed}`)
      return Promise.resolve(printed.includes('Engine started') || undefined)
    },
    60_000,
    'Suricata’s beginning',
  )
  return {
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
