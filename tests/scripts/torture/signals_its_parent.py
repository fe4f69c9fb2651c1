import os, signal, time

for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}:
    os.kill(os.getppid(), number)
time.sleep(0.05)
print("line 1")
