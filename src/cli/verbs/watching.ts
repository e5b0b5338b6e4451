import { Option, type Command } from 'commander'
import { resolve } from 'node:path'
import { loadConfig } from '../../config/load-config.ts'
import { UserError } from '../../domain/errors.ts'
import { discover } from '../discover.ts'
import { login } from '../login.ts'
import type { Output } from '../output.ts'
import { reload } from '../reload.ts'
import { run } from '../run.ts'
import { sensor, type SensorWords } from '../sensor.ts'
import { playTour } from '../tour.ts'
import { configOf, example, parseCount, withData, type DataOptions, type Done } from './words.ts'

/** `run`, `discover`, `sensor`, `tour`, `login`, `reload` */
export function addWatching(program: Command, output: Output, done: Done): void {
  addRun(program, output, done)
  addDiscover(program, output, done)
  addSensor(program, output, done)
  addTour(program, output, done)
  addLogin(program, output, done)
  addReload(program, output, done)
}

function addRun(program: Command, output: Output, done: Done): void {
  const command = program.command('run').description('watch: the daemon and its API')
  withData(command)
    .option('--port <n>', 'port of the API; 7410 unless told', parsePort)
    .addOption(hostRoot())
    .addHelpText('after', example('tallyman run --config tallyman.yaml'))
    .action(async (options: DataOptions & { port?: number; hostRoot?: string }) =>
      done(await run(configOf(options, options.port), options.hostRoot, output)),
    )
}

function addDiscover(program: Command, output: Output, done: Done): void {
  program
    .command('discover')
    .description('what this machine has to read, what may not be read, and how to change it')
    .option('--config <file>', 'configuration; tallyman.yaml of the working folder unless told')
    .option('--json', 'one place a line, as JSON', false)
    .option('--yaml', 'a configuration that reads what was found', false)
    .addOption(hostRoot())
    .addHelpText('after', example('tallyman discover --yaml > tallyman.yaml'))
    .action((options: { config?: string; json: boolean; yaml: boolean; hostRoot?: string }) =>
      done(discover(loadConfig(options.config), options, output)),
    )
}

function addSensor(program: Command, output: Output, done: Done): void {
  program
    .command('sensor')
    .description('watch the system calls of containers on this machine with bpftrace, as root')
    .option('--out <dir>', 'folder of the files that it writes', '/var/log/tallyman/sensor')
    .option('--host', 'watch the host’s own processes as well', false)
    .option('--bpftrace <program>', 'its name or path', 'bpftrace')
    .option('--file-size <mib>', 'a file is closed when it is larger', parseCount, 64)
    .option('--disk <mib>', 'the oldest files are removed when all are larger', parseCount, 1024)
    .option('--containers <seconds>', 'from one look at the containers that run to the next', parseCount, 15)
    .addHelpText('after', example('tallyman sensor --out /var/log/tallyman/sensor'))
    .action(async (options: SensorWords) =>
      done(await sensor({ ...options, out: resolve(options.out) }, output)),
    )
}

function addTour(program: Command, output: Output, done: Done): void {
  program
    .command('tour')
    .description(
      'see it work: recorded telemetry, played through the engine; needs nothing and leaves nothing',
    )
    .option('--seconds <n>', 'how long it takes; 0 plays it at once', parseSeconds, 30)
    .option('--json', 'one alert a line, as JSON', false)
    .addHelpText('after', example('tallyman tour'))
    .action(async (options: { seconds: number; json: boolean }) => done(await playTour(options, output)))
}

function addLogin(program: Command, output: Output, done: Done): void {
  withData(
    program.command('login').description('print a link that opens a session of the running daemon, once'),
  )
    .addHelpText('after', example('tallyman login'))
    .action((options: DataOptions) => done(login(configOf(options), output)))
}

function addReload(program: Command, output: Output, done: Done): void {
  withData(
    program
      .command('reload')
      .description('have the running daemon read the site, the strategies and the rules again'),
  )
    .addHelpText('after', example('tallyman reload'))
    .action(async (options: DataOptions) => done(await reload(configOf(options), output)))
}

function hostRoot(): Option {
  return new Option('--host-root <dir>', 'where the machine’s root is mounted, in a container').argParser(
    (dir: string) => resolve(dir),
  )
}

function parseSeconds(text: string): number {
  const n = Number(text)
  if (!(n >= 0 && n <= 3_600)) throw new UserError(`no time ${text}`, { mend: 'seconds, from 0 to 3600' })
  return n
}

function parsePort(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 0 || n > 65_535)
    throw new UserError(`no port ${text}`, { mend: 'a whole number from 0 to 65535' })
  return n
}
