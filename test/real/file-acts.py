"""Writes, in a container, what the sensor looks into, and asks the kernel for its cryptography."""

import gzip
import os
import random
import socket
import subprocess
import time

random.seed(7)
noise = random.randbytes(200_000)
with open('/tmp/noise.bin', 'wb') as file:
    file.write(noise)
with open('/tmp/letter.txt', 'w') as file:
    file.write('nothing to see here\n' * 200)
with gzip.open('/tmp/packed.gz', 'wb') as file:
    file.write(noise)
with open('/tmp/large.bin', 'wb') as file:
    file.write(noise * 10)
# the shell opens it, what it starts writes to it, and nobody closes it but their end
subprocess.run(['sh', '-c', 'printf "#!/bin/sh\\necho\\n" > /tmp/redirected'])
with open('/tmp/unfinished', 'wb') as file:
    file.write(b'Salted__' + noise[:500])
os.rename('/tmp/unfinished', '/tmp/finished')
# links that would lead out of the container, and a pipe in a file's place
os.symlink('/', '/tmp/root')
with open('/tmp/root/etc/machine-id', 'w') as file:
    file.write('the container’s own\n')
os.symlink('../../../../../../../tmp', '/tmp/above')
with open('/tmp/above/climbed', 'w') as file:
    file.write('still within\n')
with open('/tmp/swapped', 'w') as file:
    file.write('x' * 100)
os.remove('/tmp/swapped')
os.mkfifo('/tmp/swapped')

try:
    sock = socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET, 0)
    sock.bind(('skcipher', 'cbc(aes)'))
except OSError as error:
    print('no AF_ALG here:', error)
time.sleep(3)
subprocess.run(['/bin/true', 'the end'])
