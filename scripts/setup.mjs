// Installs the packages when the lockfile changed since the last install, and only then: a bare `npm ci`
// would empty node_modules under a running daemon. Builds the console when its sources changed, likewise.
// Runs under any Node from 18 on, needs no package.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

install()
if (existsSync(join(root, 'web', 'index.html'))) buildConsole()

function install() {
  const stamp = join(root, 'node_modules', '.installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (isStamped(stamp, wanted)) return
  console.error('tallyman: installing packages (the lockfile is new or changed)')
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (npm.status !== 0) {
    console.error('tallyman: `npm ci` failed; see its message above')
    process.exit(npm.status ?? 1)
  }
  writeFileSync(stamp, wanted)
}

/** The build empties its folder first: what failed half-way is not taken for built. */
function buildConsole() {
  const stamp = join(root, 'web', 'dist', '.built')
  const wanted = hashOf(['package-lock.json', 'web', 'src/domain'])
  if (isStamped(stamp, wanted)) return
  console.error('tallyman: building the console (its sources are new or changed)')
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const built = spawnSync(join(root, 'bin', 'tallyman-node'), [vite, 'build', 'web', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (built.status === 0) writeFileSync(stamp, wanted)
  else console.error('tallyman: the console was not built; see above. All else works without it')
}

function isStamped(stamp, wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
}

/** Over names and contents; what was built is no source. */
function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths.flatMap(filesOf)) {
    const content = readFileSync(join(root, path))
    hash.update(`${path.length}:${path}${content.length}:`).update(content)
  }
  return hash.digest('hex')
}

function filesOf(path) {
  if (path === 'web/dist') return []
  if (path.endsWith('.json')) return [path]
  return readdirSync(join(root, path), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesOf(`${path}/${entry.name}`) : [`${path}/${entry.name}`]))
}
