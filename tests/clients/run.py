"""Azure's own clients, and the bot beside them, against a simulated Azure over TLS.

    python tests/clients/run.py [STORY]...

`cargo xtask test` runs this from the top of the repository, in a virtual environment with what stands in
requirements.txt, and names the program in AGW. Without AGW it is built. Nothing but loopback is reached.
"""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

sys.dont_write_bytecode = True  # of our own modules, which come next: the sources' folder stays clean

from checks import Checks
from processes import forget_this_machine
from stories import STORIES

ROOT = Path(__file__).resolve().parents[2]


def program() -> Path:
    """The `agw` to be tested."""
    if named := os.environ.get("AGW"):
        return Path(named).resolve()
    subprocess.run(["cargo", "build", "--quiet", "--package", "handler"], cwd=ROOT, check=True)
    return (ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug" / "agw").resolve()


def main(wanted: list[str]) -> int:
    if unknown := set(wanted) - STORIES.keys():
        print(f"no story {', '.join(sorted(unknown))}; there are {', '.join(STORIES)}", file=sys.stderr)
        return 2
    # To be stopped is to leave through every `finally`, so that no process stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    agw = program()
    forget_this_machine()
    checks = Checks()
    begun = time.monotonic()
    for name in wanted or STORIES:
        checks.story(name, partial(STORIES[name], checks), agw)
    print(f"\nclients: {checks.passed} passed, {checks.failed} failed ({time.monotonic() - begun:.0f} s)")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
