"""What several test files share: a small CRM to write out, the public data beside the project, a second engine."""

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import settings

from workbench.crm import sample
from workbench.sentiment.labels import from_ratings

Folder = Callable[..., Path]

# No test asserts how long something takes: machines differ, and are shared.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure() -> None:
    """Forget what the user's own shell asks of threads, colours and width: tests, doctests too, expect the defaults."""
    from workbench.report.watch import THREAD_VARIABLES

    for name in (*THREAD_VARIABLES, "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def _no_figure_is_left_open() -> Iterator[None]:
    """Close what a test has drawn: matplotlib warns of more than twenty open figures, and warnings are errors."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def crm_folder(tmp_path: Path) -> Folder:
    """Return a function that writes frames (Parquet) and texts (CSV) as a CRM folder: `crm_folder(orders=frame)`."""

    def write(**tables: pd.DataFrame | str | bytes) -> Path:
        folder = tmp_path / "crm"
        folder.mkdir(exist_ok=True)
        for name, table in tables.items():
            if isinstance(table, pd.DataFrame):
                table.to_parquet(folder / f"{name}.parquet", index=False)
            else:
                data = table.encode() if isinstance(table, str) else table
                (folder / f"{name}.csv").write_bytes(data)
        return folder

    return write


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small built-in sample that all tests share; nobody writes into it."""
    return sample.write(tmp_path_factory.mktemp("sample") / "crm", customers=300, seed=1)


@pytest.fixture(scope="session")
def tiny_transformer(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny transformer that has learnt from the older rated messages of the sample."""
    from transformers_checkpoint import write_checkpoint

    messages = pd.read_parquet(sample_folder / "messages.parquet").dropna(subset=["text", "rating"])
    older = messages.sort_values("sent_at").iloc[: len(messages) * 3 // 4]
    labelled = older.assign(label=from_ratings(older["rating"]))
    return write_checkpoint(tmp_path_factory.mktemp("transformer") / "tiny", labelled)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of public data sets beside the project; tests that need it are skipped where it is absent."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the public data sets are not beside the project")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PySpark 4 does not yet vouch for pandas 3, and speaks to it in old words: forgiven where Spark is used."""
    forgiven = (
        "ignore:PySpark does not yet fully support pandas:FutureWarning",
        "ignore:The copy keyword is deprecated:pandas.errors.Pandas4Warning",
    )
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            for warning in forgiven:
                item.add_marker(pytest.mark.filterwarnings(warning))


def _java_version() -> int:
    """Return the version of the Java that PySpark would start; 0 where there is none, or it does not say."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr if java else ""
    # Old ones call themselves 1.8.
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else 0


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a local Spark session; `crm.open("pyspark://")` and `ibis.connect("pyspark://")` share it.

    A table is what `spark.read.parquet(path).createOrReplaceTempView(name)` registered.
    """
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed: pip install crm-workbench[spark]")
    if _java_version() < 17:
        pytest.skip("Java 17 or newer is not on the path")
    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.driver.memory": "512m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "local"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        session = sql.SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


class Workshop:
    """A project in a temporary folder: markets over a tiny CRM, a notebook that does as its market's title says."""

    def __init__(self, root: Path) -> None:
        self.root, self.reports = root, root / "reports"
        self.params, self.notebooks = root / "params", root / "notebooks"
        shutil.copytree(Path(__file__).parent / "notebooks", self.notebooks)
        (root / "data").mkdir()
        (root / "data" / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n1,a,2025-01-01,3\n")

    def market(self, name: str, **changes: Any) -> None:
        """Write a params file."""
        values = {"market": name, "title": f"{name} works", "data": str(self.root / "data"), "languages": ["de"]}
        values |= {"regime": "gdpr", "timezone": "Europe/Berlin", "currency": "EUR"} | changes
        self.params.mkdir(exist_ok=True)
        (self.params / f"{name}.yaml").write_text(json.dumps(values))


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """Return a project with one market, Germany."""
    made = Workshop(tmp_path)
    made.market("germany")
    return made
