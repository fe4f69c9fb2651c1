import os, signal, time

for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT, signal.SIGALRM, signal.SIGPIPE, signal.SIGCHLD):
    os.kill(os.getppid(), number)
time.sleep(0.05)
print("line 1")
