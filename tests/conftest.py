"""What every test needs."""

import signal
import threading

# A test run that was started in the background ignores Ctrl-C, and so would the programs that tests start and interrupt.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)
