import multiprocessing
import os
import signal

from django.core.wsgi import get_wsgi_application

from tracker.process import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")

granian = multiprocessing.parent_process()
if granian is not None and granian.pid is not None:
    # We are in one of its workers, which would outlive a granian that is killed, and keep its port.
    die_with_parent(granian.pid, signal.SIGKILL)

application = get_wsgi_application()
