"""The report of a close: one self-contained HTML page over all accounts of a run."""

from tasks.report.model import AccountReport, RunReport, read_report
from tasks.report.outlook import Outlook, read_outlook
from tasks.report.page import render, write_report

__all__ = ["AccountReport", "Outlook", "RunReport", "read_outlook", "read_report", "render", "write_report"]
