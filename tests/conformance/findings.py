"""The findings of a report, for the tests of several rooms."""


def kinds(report):
    """Return kind and id of each finding, but not of advice."""
    return [(finding.kind, finding.id) for finding in report.findings if finding.kind != "advice"]
