"""What libfaketime 0.9.10 does wrong, set right: a sleep whose end has passed is none, and no error."""

import errno
import time

_sleep = time.sleep


def _late_sleep(seconds):
    try:
        _sleep(seconds)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


time.sleep = _late_sleep
