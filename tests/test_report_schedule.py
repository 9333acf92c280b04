"""Which run is next: longest first, within memory, and never more threads than cores."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.report import plan, record, remembered
from workbench.report.plan import Task
from workbench.report.record import Run
from workbench.report.schedule import Room, choose, order


def a_task(notebook, market="france", *, seconds=None, gigabytes=None, after=()):
    run = Run(
        market=market,
        market_title=market,
        notebook=notebook,
        title=notebook,
        outcome="interrupted",
        started_at=datetime(2026, 3, 1, tzinfo=UTC),
        expected_seconds=seconds,
        expected_bytes=None if gigabytes is None else round(gigabytes * 1e9),
    )
    return Task(
        run=run,
        notebook=Path(f"{notebook}.ipynb"),
        reports=Path("reports"),
        parameters={},
        country="FR",
        time_limit_seconds=60,
        after=after,
    )


def names(tasks):
    return [task.run.notebook for task in tasks]


def test_the_longest_way_to_the_end_goes_first_and_what_is_not_known_before_all():
    first, second = a_task("sentiment", seconds=5), a_task("churn", seconds=60, after=("sentiment",))
    long, new = a_task("value", "spain", seconds=40), a_task("emissions", "spain")
    assert names(order([long, first, second, new])) == ["emissions", "sentiment", "churn", "value"]


def test_a_run_waits_for_those_it_reads_from_and_lets_others_by():
    tasks = [a_task("churn", after=("sentiment",)), a_task("churn", "spain")]
    working = [(a_task("sentiment"), 1)]
    task, threads = choose(tasks, working, Room(jobs=2, cores=2, memory_bytes=10**11))
    assert (task.run.market, threads) == ("spain", 1)


def test_no_two_big_ones_at_once_and_one_alone_is_always_let_in():
    room = Room(jobs=4, cores=4, memory_bytes=10 * 10**9)
    big, small = a_task("emissions", gigabytes=8), a_task("churn", "spain", gigabytes=1)
    working = [(a_task("emissions", "brazil", gigabytes=8), 1)]
    assert choose([big, small], working, room)[0] is small
    assert choose([big], working, room) is None
    assert choose([a_task("emissions", gigabytes=99)], [], room) is not None


@pytest.mark.parametrize(("ready", "threads"), [(1, 4), (2, 2), (3, 1), (9, 1)])
def test_free_cores_are_shared_among_those_that_could_start(ready, threads):
    tasks = [a_task("churn", f"market {place}", gigabytes=1) for place in range(ready)]
    assert choose(tasks, [], Room(jobs=4, cores=4, memory_bytes=10**11))[1] == threads


@pytest.mark.parametrize(("gigabytes", "threads"), [((6, 6, 6, 6), 8), ((6, 6, 3, 6), 4), ((99, 1, 1), 8)])
def test_no_core_is_kept_for_one_that_does_not_fit_beside(gigabytes, threads):
    tasks = [a_task("churn", f"market {place}", gigabytes=one) for place, one in enumerate(gigabytes)]
    assert choose(tasks, [], Room(jobs=8, cores=8, memory_bytes=10**10)) == (tasks[0], threads)


def planned(workshop):
    (task,) = plan.make(
        params=workshop.params,
        notebooks_folder=workshop.notebooks,
        reports=workshop.reports,
        markets=["germany"],
        notebooks=(),
        settings={},
        force=True,
        time_limit_seconds=60,
    ).tasks
    return task


def test_what_is_known_of_a_run_outlives_one_that_was_stopped(workshop):
    workshop.market("france")
    task = remembered.begin(planned(workshop))
    known = []
    for outcome, seconds, held in [("succeeded", 40.0, 5), ("interrupted", 0.0, None), ("failed", 2.0, 9)]:
        run = replace(task.run, outcome=outcome, seconds=seconds, memory_bytes=held)
        record.remember(workshop.reports, run)
        task = remembered.begin(planned(workshop))
        assert record.read(workshop.reports)[0].seconds == 0
        known.append((task.run.expected_seconds, task.run.expected_bytes))
    assert known == [(40, 5), (40, 5), (40, 9)]


def test_what_kernels_had_to_load_is_loaded_until_the_notebook_changes(workshop):
    run = remembered.begin(planned(workshop)).run
    record.remember(workshop.reports, replace(run, loads=("heavy",)))
    assert planned(workshop).run.loads == ("heavy",)
    notebook = workshop.notebooks / "behave.ipynb"
    notebook.write_text(notebook.read_text().replace("## Findings", "## What we found"))
    assert planned(workshop).run.loads == ()


@given(
    cores=st.integers(1, 16),
    jobs=st.integers(1, 16),
    tasks=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=12, unique=True),
)
def test_all_run_in_the_end_and_threads_never_exceed_the_cores(cores, jobs, tasks):
    after = {"a": (), "b": ("a",), "c": ("a", "b")}
    waiting = order([a_task(notebook, market, after=after[notebook]) for notebook, market in tasks])
    working, room = [], Room(jobs=min(jobs, cores), cores=cores, memory_bytes=10**11)
    while waiting or working:
        while found := choose(waiting, working, room):
            waiting.remove(found[0])
            working.append(found)
        assert sum(threads for _, threads in working) <= cores
        assert 1 <= len(working) <= jobs
        working.pop(0)
