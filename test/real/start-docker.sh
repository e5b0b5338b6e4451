#!/bin/bash
# A real Docker Engine for tests: network namespace and cgroup of its own, no registry, no terminal, no systemd.
# Usage: start-docker.sh FOLDER NAMESPACE DATA_ROOT [EXISTING]
#   root; Debian's docker.io iptables iproute2 busybox-static. FOLDER short: a socket path has 107 bytes at most.
# Prints "ready FOLDER/docker.sock" when the engine answers, then stays. Commands on standard input: "stop" and
# "start" the daemon alone, "kill" it, each answered by one line. SIGTERM, or the end of standard input (the
# death of whoever started it), removes all that was made.
set -uo pipefail
folder=$1 namespace=$2 data=$3
here=$(cd "$(dirname "$0")" && pwd)
socket=$folder/docker.sock
client() { docker -H "unix://$socket" "$@"; }

start_daemon() {
  rm -f "$folder/dockerd.pid" "$socket"
  # nsenter and not `ip netns exec`, which remounts /sys and so hides the cgroups
  nsenter --net=/run/netns/"$namespace" dockerd --data-root "$data" --exec-root "$folder/exec" \
    --pidfile "$folder/dockerd.pid" -H "unix://$socket" --bip 198.18.0.1/24 \
    --default-address-pool base=198.19.0.0/16,size=24 --cgroup-parent "/$namespace" --shutdown-timeout 3 \
    --add-runtime nosysres="$here/runc-nosysres" --default-runtime nosysres >>"$folder/dockerd.log" 2>&1 </dev/null &
  daemon=$!
  for _ in $(seq 400); do
    client version >/dev/null 2>&1 && return 0
    kill -0 "$daemon" 2>/dev/null || return 1
    sleep 0.05
  done
  return 1
}
stop_daemon() {
  kill "-${1:-TERM}" "$daemon" 2>/dev/null
  for _ in $(seq 150); do kill -0 "$daemon" 2>/dev/null || return 0; sleep 0.1; done
  kill -KILL "$daemon" 2>/dev/null
}
cleanup() {
  trap '' EXIT TERM INT HUP PIPE
  # a paused or restarting container outlives its daemon otherwise
  if [ -S "$socket" ]; then timeout 20 docker -H "unix://$socket" ps -aq 2>/dev/null | xargs -r timeout 30 docker -H "unix://$socket" rm -f >/dev/null 2>&1; fi
  stop_daemon
  # after a kill of the daemon its containerd and shims are left
  for pid in $(pgrep -f -- "$folder/exec" || true); do kill -KILL "$pid" 2>/dev/null; done
  for mounted in $(grep -o " \($folder\|$data\)[^ ]*" /proc/mounts | sort -r); do umount -l "$mounted" 2>/dev/null; done
  ip netns del "$namespace" 2>/dev/null
  find /sys/fs/cgroup -depth -type d -path "*/$namespace*" -exec rmdir {} \; 2>/dev/null
  rm -rf "$data" "$folder"
  exit 0
}
trap cleanup EXIT TERM INT HUP

mkdir -p "$folder" "$data"
ip netns add "$namespace" && nsenter --net=/run/netns/"$namespace" ip link set lo up || exit 1
if ! start_daemon; then
  echo "failed: $(tail -n 3 "$folder/dockerd.log" | tr '\n' ' ')"
  exit 1
fi
DOCKER="docker -H unix://$socket" "$here/image.sh" test/busybox:1 >/dev/null
echo "ready $socket"
while read -r command; do
  case $command in
    stop) stop_daemon && echo stopped ;;
    kill) stop_daemon KILL && echo killed ;;
    start) start_daemon && echo started || echo failed ;;
  esac
done
