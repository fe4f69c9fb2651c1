"""Names of processes with tabs, newlines, markup, and of 10,000 characters."""
import multiprocessing


def say(number):
    print("line", number)


NAMES = ["tab\there", "new\nline", "<b>markup</b>&amp;", "x" * 10000, "MainProcess", "\x1b[31mred", "ünïcödé \u202eevil", "a\x00b", r"C:\new\table"]

if __name__ == "__main__":
    for number, name in enumerate(NAMES):
        for method in ("fork", "spawn", "forkserver"):
            child = multiprocessing.get_context(method).Process(target=say, args=(f"{number} {method}",), name=name)
            child.start()
            child.join()
