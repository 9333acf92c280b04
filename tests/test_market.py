"""A params file becomes a market, or one message that says what to write instead."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from workbench import law, market
from workbench.errors import InputError

PARAMS = Path(__file__).parents[1] / "params"
NORWAY = {
    "market": "norway",
    "title": "Norway",
    "data": "sample",
    "countries": ["NO"],
    "languages": ["no"],
    "regime": "gdpr",
    "timezone": "Europe/Oslo",
    "currency": "NOK",
}


def written(folder, text="", name="norway.yaml", **values):
    path = folder / name
    path.write_text(yaml.safe_dump(NORWAY | values) + text, encoding="utf-8")
    return path


def complaint(path):
    with pytest.raises(InputError) as caught:
        market.read(path)
    return str(caught.value)


def test_what_is_not_said_has_the_default(tmp_path):
    norway = market.read(written(tmp_path, last_day=date(2026, 1, 31), target_auc=1))
    assert (norway.countries, norway.last_day, norway.target_auc) == (["NO"], date(2026, 1, 31), 1.0)
    assert (norway.horizon_days, norway.first_day, norway.keep_leaks, norway.seed) == (90, None, [], 0)


@pytest.mark.parametrize("folder", [PARAMS, PARAMS / "online_retail"], ids=lambda folder: folder.name)
def test_the_markets_that_come_with_the_workbench_are_good(folder):
    assert [one.market for one in market.read_folder(folder)] == sorted(path.stem for path in folder.glob("*.yaml"))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"langage": "no"}, "unknown key 'langage'; did you mean 'languages'?"),
        ({"horizon_days": "90"}, "horizon_days: Input should be a valid integer, found '90'"),
        ({"horizon_days": 90.0}, "horizon_days: Input should be a valid integer, found 90.0"),
        ({"horizon_days": 0}, "horizon_days: Input should be greater than or equal to 1, found 0"),
        ({"seed": True}, "seed: Input should be a valid integer, found True"),
        ({"target_auc": 75}, "target_auc: Input should be less than or equal to 1, found 75"),
        ({"target_auc": float("nan")}, "target_auc: Input should be less than or equal to 1, found nan"),
        ({"languages": ["norwegian"]}, "languages.0: unknown language 'norwegian'"),
        ({"languages": []}, "languages: List should have at least 1 item after validation, not 0, found []"),
        ({"countries": "NO"}, "countries: Input should be a valid list, found 'NO'"),
        ({"countries": ["no"]}, "countries.0: unknown country 'no'; did you mean 'NO'?"),
        ({"timezone": "Europe/Olso"}, "timezone: unknown timezone 'Europe/Olso'; did you mean 'Europe/Oslo'?"),
        ({"currency": "nok"}, "currency: unknown currency 'nok'; did you mean 'NOK'?"),
        ({"first_day": "2026-01-01"}, "found '2026-01-01'; a day is written 2026-12-31, without quotes"),
        ({"countries": [False]}, "found False; text that YAML reads as something else, such as NO, needs quotes"),
        (
            {"first_day": date(2026, 2, 1), "last_day": date(2026, 1, 1)},
            "last_day 2026-01-01 lies before first_day 2026-02-01",
        ),
    ],
)
def test_a_fault_names_file_key_what_was_found_and_what_is_allowed(tmp_path, values, said):
    path = written(tmp_path, **values)
    message = complaint(path)
    assert message.startswith(f"{path}: ")
    assert message.endswith(said)


@pytest.mark.parametrize(("regime", "hint"), [("GDPR", "; did you mean 'gdpr'?"), ("hipaa", "")])
def test_a_regime_is_one_of_those_that_have_a_file(tmp_path, regime, hint):
    path = written(tmp_path, regime=regime)
    assert complaint(path) == f"{path}: regime: must be one of {', '.join(law.names())}, found '{regime}'{hint}"


@pytest.mark.parametrize("name", ["../norway", "Norway", "norway/oslo", "2norway", "", "nor way", "norway\n"])
def test_a_market_is_a_plain_name(name):
    with pytest.raises(InputError, match="a name is made of small letters, digits and '_'"):
        market.check(NORWAY | {"market": name}, place="--set")


@given(st.text())
def test_no_name_of_a_market_leads_out_of_its_folder(name):
    try:
        accepted = market.check(NORWAY | {"market": name}, place="--set").market
    except InputError:
        return
    assert (Path("reports") / accepted).parent == Path("reports")
    assert accepted.isascii()


def test_the_file_is_called_as_the_market(tmp_path):
    path = written(tmp_path, name="sweden.yaml")
    assert complaint(path) == f"{path}: market is 'norway', must be 'sweden' as in the file name"


def test_all_faults_come_in_one_message(tmp_path):
    path = written(tmp_path, name="sweden.yaml", horizon_day=3, currency="EURO")
    del (values := yaml.safe_load(path.read_text()))["regime"]
    path.write_text(yaml.safe_dump(values))
    message = complaint(path)
    for said in (
        "key 'regime' is missing (privacy regime, such as gdpr; docs/regimes.md has all)",
        "'EURO'; did you mean 'EUR'?",
        "'horizon_day'",
        "'sweden'",
    ):
        assert said in message
    assert message.count(str(path)) == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must hold 'key: value' lines, found NoneType"),
        (b"- market\n", "must hold 'key: value' lines, found list"),
        (b"norway", "must hold 'key: value' lines, found str"),
        (b"title: S\xe3o Paulo", "cannot be read as YAML: 'utf-8' codec can't decode"),
        (b"title: [", "cannot be read as YAML"),
        (b"title: \x00", "cannot be read as YAML"),
        (b"first_day: 2026-02-30", "cannot be read as YAML: day is out of range for month"),
        (b"title: !!python/object/apply:os.getcwd []", "cannot be read as YAML: could not determine a constructor"),
    ],
)
def test_what_is_no_params_file_is_said(tmp_path, content, said):
    path = tmp_path / "norway.yaml"
    path.write_bytes(content)
    assert complaint(path).startswith(f"{path}: {said}")


def test_a_missing_file_and_an_empty_folder_are_said(tmp_path):
    assert "No such file" in complaint(tmp_path / "norway.yaml")
    with pytest.raises(InputError, match=r"no market here; a market is a file like params/germany\.yaml"):
        market.read_folder(tmp_path)


def test_a_folder_names_every_file_at_fault(tmp_path):
    written(tmp_path)
    bad = [written(tmp_path, name=f"{name}.yaml", market=name, seed=-1) for name in ("sweden", "denmark")]
    with pytest.raises(InputError) as caught:
        market.read_folder(tmp_path)
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == sorted(map(str, bad))


@given(
    st.dictionaries(st.text() | st.integers() | st.none(), st.integers() | st.text() | st.none() | st.lists(st.text()))
)
def test_whatever_the_values_the_answer_is_a_market_or_one_error(values):
    with pytest.raises(InputError):
        market.check(values, place="--set")
    with pytest.raises(InputError, match="--set: "):
        market.check(NORWAY | {"": 1} | values, place="--set")


VALUE_KEYS = {
    "months": ((1, 120), (0, 121, 12.0, "12")),
    "margin": ((0.01, 1), (0, -0.1, 1.01, 30)),
    "annual_discount_rate": ((0, 0.99), (1, 10, -0.01)),
    "retention_budget": ((0, 1e9), (-1, "all")),
    "contact_cost": ((0, 5), (-0.01,)),
    "save_rate": ((0, 1), (-0.01, 20)),
    "risk_threshold": ((0, 1), (-0.5, 50)),
    "target_total_error": ((0, 1), (-0.1, 20)),
    "contact": (("", "Datenschutz, datenschutz@example.org"), (112, None)),
}


@pytest.mark.parametrize(("key", "value"), [(key, one) for key, (good, _) in VALUE_KEYS.items() for one in good])
def test_the_ends_of_a_range_are_allowed(key, value):
    assert getattr(market.check(NORWAY | {key: value}, place="--set"), key) == value


@pytest.mark.parametrize(("key", "value"), [(key, one) for key, (_, bad) in VALUE_KEYS.items() for one in bad])
def test_what_lies_out_of_range_is_refused_by_name_and_value(key, value):
    with pytest.raises(InputError) as caught:
        market.check(NORWAY | {key: value}, place="--set")
    assert str(caught.value).startswith(f"--set: {key}: Input should be ")
    assert f"found {value!r}" in str(caught.value)


@pytest.mark.parametrize("key", [key for key in VALUE_KEYS if key != "contact"])
def test_what_is_no_number_is_refused(key):
    with pytest.raises(InputError, match=f"--set: {key}: Input should be .*found nan"):
        market.check(NORWAY | {key: float("nan")}, place="--set")
