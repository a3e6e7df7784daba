"""The site under a clock that is off by as many seconds as the file `CLOCK` says."""

import os
import threading
import time
from pathlib import Path

import time_machine

from newsroom.wsgi import application as site

lock, clock = threading.Lock(), {"offset": 0.0, "travel": None}


def follow():
    """Set the clock of this process as the file says; the steady clock goes on."""
    offset = float(Path(os.environ["CLOCK"]).read_text())
    with lock:
        if offset == clock["offset"]:
            return
        if clock["travel"]:
            clock["travel"].stop()
        clock["travel"] = time_machine.travel(time.time() + offset, tick=True)
        clock["travel"].start()
        clock["offset"] = offset


def application(environ, start_response):
    follow()
    return site(environ, start_response)
