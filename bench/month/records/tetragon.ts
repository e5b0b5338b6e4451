import type { Instance } from '../instance.ts'

/** A program that was started in a container. */
export interface Exec {
  readonly binary: string
  readonly args: string
  readonly parent: string
  readonly pid: number
  readonly uid: number
}

/** `process_exec` of Tetragon's JSON export: https://tetragon.io/docs/reference/grpc-api/ */
export function execLine(time: number, one: Instance, { binary, args, parent, pid, uid }: Exec): string {
  const stamp = new Date(time).toISOString()
  const where = placeOf(one)
  const id = (number: number): string => Buffer.from(`${one.node}:${time}000000:${number}`).toString('base64')
  return JSON.stringify({
    process_exec: {
      process: {
        exec_id: id(pid),
        pid,
        uid,
        cwd: '/',
        binary,
        ...(args !== '' && { arguments: args }),
        flags: 'execve clone',
        start_time: stamp,
        auid: 4_294_967_295,
        ...where,
        parent_exec_id: id(pid - 1),
        tid: pid,
      },
      parent: {
        exec_id: id(pid - 1),
        pid: pid - 1,
        uid,
        cwd: '/',
        binary: parent,
        flags: 'execve clone',
        start_time: new Date(one.started).toISOString(),
        auid: 4_294_967_295,
        ...where,
        tid: pid - 1,
      },
    },
    node_name: one.node,
    time: stamp,
  })
}

function placeOf({ workload, name, uid, id, release, started }: Instance): Readonly<Record<string, unknown>> {
  const docker = id.slice(0, 31)
  if (workload.host !== undefined) return { docker }
  const image = `${workload.image}@${release.digest}`
  return {
    docker,
    pod: {
      namespace: workload.namespace,
      name,
      uid,
      container: {
        id: `containerd://${id}`,
        name: workload.role === 'ci' ? 'job' : 'main',
        image: { id: image, name: `${workload.image}:${release.tag}` },
        start_time: new Date(started).toISOString(),
        pid: 1,
      },
      workload: workload.name,
      workload_kind: KINDS[workload.role] ?? 'Deployment',
    },
  }
}

const KINDS: Readonly<Record<string, string>> = { cron: 'CronJob', ci: 'Job', database: 'StatefulSet' }
