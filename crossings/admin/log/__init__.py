from crossings.admin.log.correct import correct
from crossings.admin.log.page import log
from crossings.admin.log.undo import undo

__all__ = ["correct", "log", "undo"]
