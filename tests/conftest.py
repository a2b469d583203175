"""For every test: Ctrl-C and a closed terminal mean what they mean to a person."""

import signal

# Whoever is started by a script in the background, or by nohup, ignores one of them, and so would all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
