from crossings.admin.log.correct import correct
from crossings.admin.log.page import log
from crossings.admin.log.undo import one_of_many, undo

__all__ = ["correct", "log", "one_of_many", "undo"]
