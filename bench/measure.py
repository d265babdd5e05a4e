"""measure.py GB COMMAND...: runs a command with that much memory at most, and prints
what it took as JSON. The command's own output goes to standard error.

A program of its own, since the peak memory of a process begins with what the one that
started it had.
"""

import json
import os
import resource
import subprocess
import sys
import time


def main():
    limit = int(float(sys.argv[1]) * 1e9)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    begin = time.perf_counter()
    process = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    figures = {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": time.perf_counter() - begin,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "megabytes": usage.ru_maxrss * 1024 / 1e6,
    }
    print(json.dumps(figures))


main()
