"""`python -m govcloud_infra.machines.boot GROUP COMMAND...`: enter control groups, then become COMMAND.

A process of its own, because a multi-threaded caller cannot safely run code between fork and exec.
"""

import os
import sys

from govcloud_infra.machines import cgroups

if __name__ == "__main__":
    cgroups.enter(sys.argv[1], os.getpid())
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  # no shell: replacing this process is the point
