"""For every test: Ctrl-C means what it means on a terminal."""

import signal

# Whoever is started by a script in the background ignores it, and so would all programs that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
