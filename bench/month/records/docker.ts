import type { Instance } from '../instance.ts'

/**
 * What `GET /containers/{id}/json` says, with what the Docker input adds: whose word it is, and when it was seen.
 */
export function inspectLine(
  time: number,
  { workload, name, id, address, node, release, started }: Instance,
  volumes: readonly { readonly name: string; readonly path: string }[] = [],
): string {
  return JSON.stringify({
    Id: id,
    Created: new Date(started).toISOString(),
    Path: workload.programs[0],
    Args: [],
    State: { Status: 'running', Running: true, Pid: 4_000, StartedAt: new Date(started).toISOString() },
    Image: release.digest,
    Name: `/${name}`,
    RestartCount: 0,
    HostConfig: {
      Binds: volumes.map((volume) => `${volume.name}:${volume.path}`),
      LogConfig: { Type: 'json-file', Config: {} },
      NetworkMode: 'services',
      RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 },
      AutoRemove: false,
      Privileged: false,
      PidMode: '',
      IpcMode: 'private',
      UTSMode: '',
      Memory: 2_147_483_648,
    },
    Mounts: volumes.map((volume) => ({
      Type: 'volume',
      Name: volume.name,
      Source: `/var/lib/docker/volumes/${volume.name}/_data`,
      Destination: volume.path,
      Mode: 'z',
      RW: true,
      Propagation: '',
    })),
    Config: {
      Image: `${workload.image}:${release.tag}`,
      Cmd: [],
      Entrypoint: [workload.programs[0]],
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin'],
      Labels: {
        'com.docker.compose.project': workload.namespace,
        'com.docker.compose.service': workload.name,
      },
    },
    NetworkSettings: { Networks: { services: { IPAddress: address } } },
    'x-tallyman': { host: node, observed: time, engine: 'docker' },
  })
}

/** An event of the engine: https://docs.docker.com/reference/api/engine/version/v1.52/ */
export function eventLine(time: number, action: string, one: Instance): string {
  const { workload, name, id, release } = one
  return JSON.stringify({
    Type: 'container',
    Action: action,
    Actor: {
      ID: id,
      Attributes: {
        image: `${workload.image}:${release.tag}`,
        name,
        'com.docker.compose.project': workload.namespace,
        'com.docker.compose.service': workload.name,
      },
    },
    scope: 'local',
    time: Math.floor(time / 1_000),
    timeNano: time * 1e6,
  })
}
