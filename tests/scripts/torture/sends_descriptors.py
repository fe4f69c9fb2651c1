"""Sends the write ends of pipes through standard output, closes its own: each reader must see the end."""
import array
import os
import select
import socket

output = socket.socket(fileno=os.dup(1))
readers = []
for number in range(400):
    reader, writer = os.pipe()
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writer] * (1 + number % 4)))]
    output.sendmsg([b"line %d\n" % number], rights)
    os.close(writer)
    readers.append(reader)
ended = [bool(select.select([reader], [], [], 5)[0]) for reader in readers]
print("ends seen:", sum(ended))
