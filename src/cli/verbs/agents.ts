import type { Command } from 'commander'
import { resolve } from 'node:path'
import { UserError } from '../../domain/errors.ts'
import { addAgentToken, listAgents, removeAgentToken, setAgentPlace } from '../agents.ts'
import { runsAgent, type AgentWords } from '../agent.ts'
import type { Output } from '../output.ts'
import { configOf, example, parseCount, withData, type DataOptions, type Done } from './words.ts'

/** `agent`: the agent itself, and, on the daemon's machine, who may send. */
export function addAgent(program: Command, output: Output, done: Done): void {
  const agent = program
    .command('agent')
    .description('read inputs on this machine and send what they deliver to a daemon on another')
    .enablePositionalOptions()
  withData(agent)
    .option('--to <url>', 'an input of type agents of that daemon, such as https://tallyman.example.org:7412')
    .option(
      '--token-file <file>',
      "what 'tallyman agent add' printed; agent.token of the data folder unless told",
    )
    .option('--ca <file>', 'PEM file of the authority of its certificate, instead of those that Node brings')
    .option('--plain-http', 'without TLS, also beyond loopback', false)
    .option('--spool <mib>', 'what is not sent yet takes so much disk at most', parseCount, 1024)
    .option('--keep-free <mib>', 'so much of its file system is left to others', parseCount, 256)
    .option('--host-root <dir>', 'where the machine’s root is mounted, in a container', (dir: string) =>
      resolve(dir),
    )
    .addHelpText(
      'after',
      `${example('tallyman agent --to https://tallyman.example.org:7412 --token-file /etc/tallyman/agent.token')}
On the daemon's machine, once, to make the token:
  $ tallyman agent add web-1
`,
    )
    .action(async ({ to, ...options }: DataOptions & Omit<AgentWords, 'to'> & { to?: string }) => {
      if (to === undefined)
        throw new UserError('nowhere to send to', {
          mend: 'name the daemon: tallyman agent --to https://tallyman.example.org:7412',
        })
      done(await runsAgent(configOf(options), { ...options, to }, output))
    })
  withPlace(withData(agent.command('add').description('let an agent send; prints its token, once')))
    .argument('<name>', 'lower-case letters, digits, dots, dashes; the name of its machine unless --host')
    .addHelpText('after', example('tallyman agent add web-1 --host web-1.example.org'))
    .action(async (name: string, options: DataOptions & PlaceWords) =>
      done(await addAgentToken(configOf(options), name, placeOf(options), output)),
    )
  withPlace(withData(agent.command('set').description('change what an agent is taken for')))
    .argument('<name>')
    .option('--no-relay', 'it tells of its own machine alone')
    .addHelpText('after', example('tallyman agent set web-1 --cluster production'))
    .action(async (name: string, options: DataOptions & PlaceWords) =>
      done(await setAgentPlace(configOf(options), name, placeOf(options), output)),
    )
  withData(agent.command('remove').description('take an agent’s token away').argument('<name>'))
    .addHelpText('after', example('tallyman agent remove web-1'))
    .action(async (name: string, options: DataOptions) =>
      done(await removeAgentToken(configOf(options), name, output)),
    )
  withData(agent.command('list').description('who may send, and how each is doing'))
    .option('--json', 'one agent a line', false)
    .addHelpText('after', example('tallyman agent list'))
    .action(async (options: DataOptions & { json: boolean }) =>
      done(await listAgents(configOf(options), options.json, output)),
    )
}

interface PlaceWords {
  readonly host?: string
  readonly node?: string
  readonly cluster?: string
  readonly relay?: boolean
}

function withPlace(command: Command): Command {
  return command
    .option('--host <name>', 'what its machine calls itself: host.name of all that it tells')
    .option('--node <name>', 'its name in Kubernetes, where that is another')
    .option('--cluster <name>', 'k8s.cluster.name of all that it tells')
    .option(
      '--relay',
      'it may also tell of other machines and of clusters: logs of an API server, of devices, of a collector',
    )
}

function placeOf({ host, node, cluster, relay }: PlaceWords) {
  return {
    ...(host !== undefined && { host }),
    ...(node !== undefined && { node }),
    ...(cluster !== undefined && { cluster }),
    ...(relay !== undefined && { relays: relay }),
  }
}
