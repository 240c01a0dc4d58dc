import multiprocessing
import os
import signal

import django
from django.utils.module_loading import import_string

from tracker.process import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")

granian = multiprocessing.parent_process()
if granian is not None and granian.pid is not None:
    # We are in one of its workers, which would outlive a granian that is killed, and keep its port.
    die_with_parent(granian.pid, signal.SIGKILL)

django.setup(set_prefix=False)
application = import_string("crossings.front.Front")()
