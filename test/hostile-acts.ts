import type { DockerEngine } from './real/engine.ts'

/** Something an adversary does with containers, and the strategy that must say so. */
export interface HostileAct {
  readonly name: string
  readonly strategy: string
  /** What must run before it can be done; returns the container's id. */
  prepare?(docker: DockerEngine): Promise<string>
  /** Does it and waits for no end of it; returns the id of the container that the alert must name. */
  run(docker: DockerEngine, prepared?: string): Promise<string>
}

const IMAGE = 'test/busybox:1'
const MINT = [
  'openssl',
  'req',
  '-x509',
  '-newkey',
  'rsa:2048',
  '-nodes',
  '-keyout',
  '/tmp/k.pem',
  '-out',
  '/tmp/c.pem',
  '-days',
  '365',
  '-subj',
  '/CN=cdn.example',
]
const WALLPAPER = ['gsettings', 'set', 'org.gnome.desktop.background', 'picture-uri', 'file:///tmp/owned.jpg']

async function started(docker: DockerEngine, ...words: readonly string[]): Promise<string> {
  return (await docker.docker('run', '-d', ...words)).trim()
}

/** A program that the image lacks does not start; the container that asks for it is there all the same. */
async function created(docker: DockerEngine, ...words: readonly string[]): Promise<string> {
  return (await docker.docker('create', ...words)).trim()
}

function byExec(...command: readonly string[]): Pick<HostileAct, 'prepare' | 'run'> {
  return {
    prepare: (docker) => started(docker, 'test/openssl:1', 'sleep', '300'),
    async run(docker, prepared = '') {
      await docker.docker('exec', '--detach', prepared, ...command).catch(() => '')
      return prepared
    },
  }
}

export const HOSTILE_ACTS: readonly HostileAct[] = [
  {
    name: 'docker run --network=host',
    strategy: 't1560.003-archive-via-custom-method',
    run: (docker) => started(docker, '--network=host', IMAGE, 'sleep', '300'),
  },
  {
    name: 'docker run -v /:/host',
    strategy: 't1560.003-archive-via-custom-method',
    run: (docker) => started(docker, '-v', '/:/host', IMAGE, 'sleep', '300'),
  },
  {
    name: 'docker run --privileged',
    strategy: 't1074.002-remote-data-staging',
    run: (docker) => started(docker, '--privileged', IMAGE, 'sleep', '300'),
  },
  {
    name: 'openssl req -x509 as command',
    strategy: 't1608.003-install-digital-certificate',
    run: (docker) => started(docker, 'test/openssl:1', ...MINT),
  },
  {
    name: 'openssl req -x509 by exec',
    strategy: 't1608.003-install-digital-certificate',
    ...byExec(...MINT),
  },
  {
    name: 'openssl behind sh -c by exec',
    strategy: 't1608.003-install-digital-certificate',
    ...byExec('sh', '-c', `cd /tmp && ${MINT.join(' ')}`),
  },
  {
    name: 'gsettings set as command',
    strategy: 't1491.001-internal-defacement',
    run: (docker) => created(docker, IMAGE, ...WALLPAPER),
  },
  {
    name: 'gsettings set by exec',
    strategy: 't1491.001-internal-defacement',
    ...byExec(...WALLPAPER),
  },
]
