"""A loss that hangs in the process of the suite is a result, and the alarm of the program is kept."""

import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import emd_conformance
import losses
import pytest
from emd_conformance._calling.alarm import time_limit
from emd_conformance._calling.watch import Lost
from emd_conformance._cases.load import find

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no SIGALRM")
CASES = [find(id) for id in ("line/soft-3", "line/soft-7", "line/one-class")]


def hangs_for_seven_classes(p, t):
    while p.shape[-1] == 7:
        pass
    return losses.scan(p, t)


def hangs_and_catches_everything(p, t):
    while p.shape[-1] == 7:
        with suppress(Exception):
            time.sleep(10)
    return losses.scan(p, t)


@pytest.mark.parametrize("loss", [hangs_for_seven_classes, hangs_and_catches_everything])
def test_a_hang_is_a_result_and_the_run_goes_on(loss):
    report = emd_conformance.run(loss, cases=CASES, timeout=0.3)
    assert {result.case: result.status for result in report.results} == {
        "line/soft-3": "pass",
        "line/soft-7": "error",
        "line/one-class": "pass",
    }
    (found,) = (finding for finding in report.findings if finding.kind == "defect")
    assert found.id == "hang"
    (failed,) = (result for result in report.results if result.failed)
    assert failed.message.startswith(f"no answer within 0.3 s; it was in {loss.__name__}, line ")
    assert "0.3 s a call" in report.isolation


STOPPED = {
    "in this process": """
from time import sleep
from emd_conformance._calling.alarm import time_limit
with time_limit(0.5):
    print("begun", flush=True)
    sleep(0.2)
print("answered", flush=True)
try:
    with time_limit(0.5):
        print("begun", flush=True)
        sleep(60)
except BaseException as lost:
    print(lost, flush=True)
""",
    "in another process": """
import sys
from emd_conformance._calling.process import Process
code = "import time; input(); time.sleep(0.2); print('answered', flush=True); time.sleep(60)"
asked = Process([sys.executable, "-c", code])
print("begun", flush=True)
print(asked.ask(b"go\\n", 0.5).decode(), end="", flush=True)
try:
    print("begun", flush=True)
    asked.ask(b"", 0.5)
except BaseException as lost:
    print(lost, flush=True)
""",
}


@pytest.mark.parametrize("code", STOPPED.values(), ids=STOPPED)
def test_the_time_in_which_the_program_is_stopped_does_not_count(code):
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as program:
        for expected in ("answered", "no answer within 0.5 s"):
            assert program.stdout.readline() == "begun\n"
            time.sleep(0.1)
            program.send_signal(signal.SIGSTOP)
            time.sleep(2.5)
            program.send_signal(signal.SIGCONT)
            assert program.stdout.readline().startswith(expected)


def test_the_handler_and_the_timer_of_the_program_are_kept():
    handler, (left, interval) = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    mine = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 50, 7)
    try:
        with pytest.raises(Lost), time_limit(0.05):
            time.sleep(5)
        assert signal.getsignal(signal.SIGALRM) is signal.default_int_handler
        assert 49 < signal.getitimer(signal.ITIMER_REAL)[0] < 50
        signal.setitimer(signal.ITIMER_REAL, 1, 0)
        with time_limit(2.0):  # the limit of the program comes first
            assert signal.getitimer(signal.ITIMER_REAL)[0] <= 1
    finally:
        signal.signal(signal.SIGALRM, mine)
        signal.setitimer(signal.ITIMER_REAL, left, interval)
    assert signal.getsignal(signal.SIGALRM) == handler


def test_elsewhere_than_in_the_main_thread_the_report_says_that_a_hang_ends_the_run():
    reports = []
    thread = threading.Thread(target=lambda: reports.append(emd_conformance.run(losses.scan, cases=CASES)))
    thread.start()
    thread.join()
    assert reports[0].verdict == "conforms"
    assert "a hang or a crash ends the run, as the run is not in the main thread" in reports[0].isolation
