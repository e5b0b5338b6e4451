"""Does in a container, without an exec, what somebody would who knows how the sensor looks at processes."""

import os
import socket


def in_child(work):
    """Runs `work` in a child; waits for it."""
    if os.fork() == 0:
        work()
        os._exit(0)
    os.wait()


def in_grandchild(work):
    """Between this process and the one that works stands one that asks the kernel for nothing that is watched."""
    in_child(lambda: in_child(work))


def connect(family, address):
    try:
        socket.socket(family).connect(address)
    except OSError:
        pass


def without_parent():
    """The one in between has ended when the work is done."""
    if os.fork() == 0:
        ended, end = os.pipe()
        if os.fork() == 0:
            os.close(end)
            os.read(ended, 1)
            open('/tmp/orphan', 'w').close()
            os._exit(0)
        os._exit(0)
    os.wait()


in_grandchild(lambda: open('/tmp/grandchild', 'w').close())
in_grandchild(lambda: in_grandchild(lambda: open('/tmp/deep', 'w').close()))
without_parent()
in_grandchild(lambda: os.rename('/tmp/grandchild', '/tmp/renamed'))
in_grandchild(lambda: connect(socket.AF_INET6, ('::ffff:127.0.0.1', 9)))
os.system('( ( : > /tmp/nested ) ; : ) ; ( ( ( : > /tmp/nested-twice ) ; : ) ; : )')

open('/proc/self/root/tmp/through-root', 'w').close()
open('/proc/%d/root/../tmp/through-number' % os.getpid(), 'w').close()

os.makedirs('/var/run')
server = socket.socket(socket.AF_UNIX)
os.chdir('/var/run')
server.bind('docker.sock')
server.listen(9)
for name in ('docker.sock', '/proc/self/root/var/run/docker.sock', '/var/run/./docker.sock'):
    connect(socket.AF_UNIX, name)
abstract = socket.socket(socket.AF_UNIX)
abstract.bind('\0docker.sock')
abstract.listen(1)
connect(socket.AF_UNIX, '\0docker.sock')
open('/tmp/end', 'w').close()
