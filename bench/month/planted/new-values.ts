import { accountOf, auditLine, deploymentObject } from '../records/kubernetes.ts'
import { HOUR, MINUTE } from '../calendar.ts'
import { STREAMS } from '../streams.ts'
import type { Recipe } from './planted.ts'
import { isInCluster, isService, namesOf, within } from './suits.ts'

const TOOLS = ['nsupdate', 'gdb', 'ldapsearch', 'snmpwalk', 'xxd', 'rpcclient', 'tcptraceroute', 'lsof']

const program: Recipe = {
  kind: 'new_value',
  row: 'D07',
  strategy: 't1491.001-internal-defacement',
  what: 'a program that the image never ran, in a container that ran long before',
  share: 3,
  plant({ life, random, from, target }) {
    const workload = target(isService)
    if (workload === undefined) return undefined
    const binary = `/usr/bin/${random.pick(TOOLS)}`
    for (let n = 0; n < 3; n += 1)
      within(life, workload, from + random.between(0, 10) * MINUTE, (one) =>
        life.fleet.execute(one, binary, '', '/bin/sh'),
      )
    return { names: namesOf(workload), until: from + 10 * MINUTE }
  },
}

const address: Recipe = {
  kind: 'new_value',
  row: 'S25',
  strategy: 't1074.002-remote-data-staging',
  what: 'an address outside that no name led to, at a port of no usual service, and more than 1 MB sent',
  share: 3,
  plant({ life, random, from, excess, target }) {
    const workload = target(isService)
    if (workload === undefined) return undefined
    const server = `45.${random.below(250)}.${random.below(250)}.${1 + random.below(250)}`
    const port = 1_025 + random.below(60_000)
    within(life, workload, from, ({ address: client }) =>
      life.traffic.connect({ client, server, port, sent: 1e6 * excess, received: 20_000, duration: 40 }),
    )
    return { names: namesOf(workload), until: from + MINUTE, magnitude: excess }
  },
}

const neighbour: Recipe = {
  kind: 'new_value',
  row: 'S08',
  strategy: 't1074.002-remote-data-staging',
  what: 'a workload of another team that it never talked to',
  share: 3,
  plant({ life, random, from, target }) {
    const workload = target(isService)
    if (workload === undefined) return undefined
    const known = new Set(workload.edges.map(({ to }) => to))
    const server = random.pick(
      life.world.workloads.filter(
        ({ name, namespace, port }) =>
          port > 0 && !known.has(name) && name !== workload.name && namespace !== workload.namespace,
      ),
    )
    for (let n = 0; n < 3; n += 1)
      within(life, workload, from + n * 5 * MINUTE, ({ address: client }) => {
        const [there] = life.fleet.of(server)
        if (there === undefined) return
        const { address: to } = there
        life.traffic.connect({
          client,
          server: to,
          port: server.port,
          sent: 3_000,
          received: 90_000,
          duration: 2,
        })
      })
    return { names: namesOf(workload), until: from + 10 * MINUTE }
  },
}

const secret: Recipe = {
  kind: 'new_value',
  row: 'W07',
  strategy: 't1600-weaken-encryption',
  what: 'a service account reads a secret of another workload for the first time',
  share: 3,
  plant({ life, random, from, target }) {
    const workload = target(isInCluster)
    if (workload === undefined) return undefined
    const owner = random.pick(life.world.workloads.filter(({ name }) => name !== workload.name))
    life.simulation.at(from, () =>
      life.simulation.write(
        STREAMS.audit,
        auditLine(from, random, {
          verb: 'get',
          user: accountOf(workload),
          agent: `${workload.name}/2`,
          resource: 'secrets',
          namespace: owner.namespace,
          name: `${owner.name}-credentials`,
        }),
      ),
    )
    return { names: namesOf(workload), until: from }
  },
}

const image: Recipe = {
  kind: 'new_value',
  row: 'D06',
  strategy: 't1491.001-internal-defacement',
  what: 'a pod of an image that its namespace never ran, made by an account that never made one',
  share: 2,
  plant({ life, random, from, target }) {
    const workload = target(isInCluster)
    if (workload === undefined) return undefined
    const name = `${random.pick(['task', 'debug', 'sync', 'check'])}-${random.hex(4)}`
    const { namespace } = workload
    const pod = {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name, namespace, uid: random.uuid() },
      spec: {
        containers: [{ name: 'main', image: `registry.corp.example/tools/${name}@sha256:${random.hex(64)}` }],
        restartPolicy: 'Never',
      },
    }
    life.simulation.at(from, () =>
      life.simulation.write(
        STREAMS.audit,
        auditLine(from, random, {
          verb: 'create',
          user: accountOf(workload),
          agent: 'python-requests/2.32',
          resource: 'pods',
          namespace,
          name,
          asked: pod,
          answered: pod,
        }),
      ),
    )
    return { names: [name, accountOf(workload)], until: from }
  },
}

const sidecar: Recipe = {
  kind: 'new_value',
  row: 'A11',
  strategy: 't1560.003-archive-via-custom-method',
  what: 'one more container in the template of a workload, by somebody who does not roll out',
  share: 2,
  plant({ life, random, from, target }) {
    const workload = target((one) => isInCluster(one) && one.role !== 'database')
    if (workload === undefined) return undefined
    life.simulation.at(from, () => {
      const object = deploymentObject(
        { workload, release: life.fleet.release(workload), node: '' },
        { containers: [`agent-${random.hex(3)}`] },
      )
      life.simulation.write(
        STREAMS.audit,
        auditLine(from, random, {
          verb: 'patch',
          user: 'dana@corp.example',
          agent: 'kubectl/v1.34',
          resource: 'deployments',
          group: 'apps',
          namespace: workload.namespace,
          name: workload.name,
          asked: { spec: object['spec'] },
          answered: object,
        }),
      )
    })
    return { names: namesOf(workload), until: from }
  },
}

const issuer: Recipe = {
  kind: 'new_value',
  row: 'C09',
  strategy: 't1608.003-install-digital-certificate',
  what: 'servers outside suddenly have certificates of an issuer that nobody knows: somebody reads along',
  share: 2,
  plant({ life, random, from, target }) {
    const old = (versions: readonly string[] | undefined): boolean => versions?.includes('TLSv12') === true
    const workload = target(
      (one) => isService(one) && one.edges.some((edge) => edge.isOutside && old(edge.tls?.versions)),
    )
    const edge = workload?.edges.find(({ isOutside, tls }) => isOutside && old(tls?.versions))
    if (workload === undefined || edge?.tls === undefined) return undefined
    const tls = { versions: ['TLSv12'], issuer: `CN=Gateway ${random.hex(4)},O=Network Services` }
    for (let n = 0; n < 4; n += 1)
      within(life, workload, from + n * 20 * MINUTE, (one) => life.traffic.usual(one, { ...edge, tls }))
    return { names: namesOf(workload), until: from + HOUR }
  },
}

const request: Recipe = {
  kind: 'new_value',
  row: 'S15',
  strategy: 't1074.002-remote-data-staging',
  what: 'a service account asks the API server for something that it never asked for',
  share: 2,
  plant({ life, random, from, target }) {
    const workload = target(isInCluster)
    if (workload === undefined) return undefined
    const [verb, resource, group] = random.pick([
      ['list', 'nodes', undefined],
      ['list', 'persistentvolumeclaims', undefined],
      ['create', 'selfsubjectrulesreviews', 'authorization.k8s.io'],
      ['list', 'rolebindings', 'rbac.authorization.k8s.io'],
    ] as const)
    life.simulation.at(from, () =>
      life.simulation.write(
        STREAMS.audit,
        auditLine(from, random, {
          verb,
          user: accountOf(workload),
          agent: 'python-requests/2.32',
          resource,
          ...(group !== undefined && { group }),
        }),
      ),
    )
    return { names: namesOf(workload), until: from }
  },
}

/** Values that were never seen for a key. */
export const NEW_VALUES: readonly Recipe[] = [
  program,
  address,
  neighbour,
  secret,
  image,
  sidecar,
  issuer,
  request,
]
