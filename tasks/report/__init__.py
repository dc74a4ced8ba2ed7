"""The report of a close: one self-contained HTML page over all accounts of a run."""

from tasks.report.model import AccountReport, RunReport, read_report
from tasks.report.page import render, write_report

__all__ = ["AccountReport", "RunReport", "read_report", "render", "write_report"]
