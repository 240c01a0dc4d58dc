from crossings.admin.log.page import log

__all__ = ["log"]
