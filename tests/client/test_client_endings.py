"""What is left of a run when its program ends, is ended or has children: a whole file, each time."""

from __future__ import annotations

import signal
import subprocess

import pytest
from client_waiting import wait_for

import joinery
from joinery.tracking import start_run


@pytest.mark.parametrize(("ending", "phase"), [("", "Succeeded"), ("raise OSError('gone')", "Failed")])
def test_a_program_that_does_not_end_its_run(program, the_file, ending, phase):
    process = program(f"import joinery\nrun = joinery.start_run()\nrun.log_metrics(loss=0.25)\n{ending}")
    process.communicate(timeout=60)
    assert (the_file()["status"]["phase"], the_file()["status"]["metrics"]["loss"]["last"]) == (phase, 0.25)


TRAINING = """
    import joinery, signal, sys, time
    {before}
    with joinery.start_run(project="p") as run:
        step = 0
        while True:
            step += 1
            run.log_metrics(loss=1 / step, step=step)
            run.log_outputs(**{{f"o{{step % 1000}}": "x" * 100}})
            if step == 2000:
                print("going", flush=True)
            time.sleep(0 if step < 2000 else 0.0005)
"""


def _going(program, before: str = "pass") -> subprocess.Popen[str]:
    process = program(TRAINING.format(before=before))
    assert process.stdout.readline() == "going\n"
    return process


def test_a_kill_leaves_a_whole_file(program, laptop, the_file):
    process = _going(program)
    wait_for(lambda: len(list((laptop / "runs").glob("*.json"))) == 1 and the_file()["status"].get("metrics"))
    process.kill()
    process.wait()
    for beside in (laptop / "runs").glob(".*"):
        beside.unlink()  # a file that was being written; no reader looks at it
    assert (the_file()["status"]["phase"], the_file()["spec"]["project"]) == ("Running", "p")
    assert len(joinery.load_runs("runs")) == 1


def test_a_term_writes_what_was_recorded_and_ends_the_process_as_ever(program, the_file):
    process = _going(program)
    process.terminate()
    process.communicate(timeout=60)
    status = the_file()["status"]
    assert (process.returncode, status["phase"]) == (-signal.SIGTERM, "Stopped")
    assert status["metrics"]["loss"]["step"] >= 2000
    assert len(status["outputs"]) == 1000


def test_a_handler_of_the_user_is_left_alone(program, the_file):
    process = _going(program, "signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))")
    process.terminate()
    process.communicate(timeout=60)
    assert (process.returncode, the_file()["status"]["phase"]) == (7, "Failed")


def test_the_signal_is_given_back(laptop):
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    with start_run():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_children_log_to_the_run_and_do_not_end_it(program, the_file):
    code = """
        import os, joinery
        with joinery.start_run() as run:
            run.log_metrics(parent=1)
            children = []
            for number in range(3):
                if (child := os.fork()) == 0:
                    run.log_metrics({f"child{number}": number})
                    raise SystemExit(0 if run.flush(60) else 1)  # the end of `with`, in a child
                children.append(child)
            print([os.waitpid(child, 0)[1] for child in children])
            run.log_metrics(after=1)
    """
    out, errors = program(code).communicate(timeout=120)
    assert (out, "Traceback" in errors) == ("[0, 0, 0]\n", False), errors
    status = the_file()["status"]
    assert sorted(status["metrics"]) == ["after", "child0", "child1", "child2", "parent"]
    assert (status["phase"], len(status["conditions"])) == ("Succeeded", 1)


def test_a_child_forked_during_a_write_can_write_after_it(program):
    code = """
        import fcntl, os, pathlib
        from joinery.client.folder import _turn
        folder, (reader, writer) = pathlib.Path(), os.pipe()
        with _turn(folder):
            if (child := os.fork()) == 0:
                os.read(reader, 1)
                fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
                os._exit(0)
        os.write(writer, b"x")
        print(os.waitpid(child, 0)[1])
    """
    assert program(code).communicate(timeout=60) == ("0\n", "")


def test_two_programs_and_two_threads_in_one_folder(program, laptop):
    code = """
        import threading, joinery
        with joinery.start_run(project="p") as run:
            def train(who):
                for step in range(500):
                    run.log_metrics({who: step, "both": step}, step=step)
            threads = [threading.Thread(target=train, args=(who,)) for who in ("one", "two")]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
    """
    for process in [program(code), program(code)]:
        assert process.communicate(timeout=120) == ("", "")
    found = joinery.load_runs("runs").search("status: succeeded")
    assert len(found) == 2
    for run in found:
        assert {name: run.metric(name) for name in ("one", "two", "both")} == dict.fromkeys(
            ("one", "two", "both"), (499, 0, 499, 499)
        )
