import os, signal, socket, subprocess, threading
with open('/tmp/text', 'w') as f:
    f.write('first line\nsecond "line"\twith a tab\n')
print(open('/tmp/text').read().split(), os.stat('/tmp/text').st_size, sorted(os.listdir('/work')))
print(subprocess.run(['/bin/sh', '-c', 'echo from a child; exit 3'], capture_output=True))
server = socket.socket()
server.bind(('127.0.0.1', 0))
server.listen(1)
def serve():
    peer, _ = server.accept()
    peer.sendall(peer.recv(100).upper())
    peer.close()
thread = threading.Thread(target=serve, daemon=True)
thread.start()
with socket.create_connection(server.getsockname()) as client:
    client.sendall(b'over the loopback')
    print(client.recv(100))
thread.join()
signal.signal(signal.SIGALRM, lambda *_: print('alarm'))
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
signal.pause()
signal.setitimer(signal.ITIMER_REAL, 0)
os.remove('/tmp/text')
