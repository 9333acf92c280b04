"""The figures that a governance report leaves behind."""

import pandas as pd

from governance_case import table
from workbench import governance
from workbench.governance.records import Record

CAPS = {"1 day": 1, "7 days": 3, "30 days": 8}
NOBODY = pd.DataFrame(columns=["section", "name", "value"])


def judged(selected: list[int]) -> Record:
    ids = [f"c{number}" for number in range(len(selected))]
    rows = pd.DataFrame({"customer_id": ids, "predicted": 0.5, "outcome": [0, 1] * (len(ids) // 2)})
    return Record(about=NOBODY, judged=rows.assign(actual=rows["outcome"], selected=selected, error=0))


def figures(selected: list[int], **tables) -> pd.DataFrame:
    held = {name: table(name, rows) for name, rows in tables.items()}
    audit = governance.audit(held, regime="gdpr", as_of="2026-01-01")
    terms = {"seen_at": pd.Timestamp("2026-01-01"), "target_gap": 0.05}
    fair = governance.assess_fairness(held, {"churn": judged(selected)}, **terms)
    pressed = governance.assess_pressure(held, timezone="UTC", caps=CAPS, quiet_from=21, quiet_until=8)
    drift = governance.compare_states(governance.take_state(held, {}, audit), None)
    return governance.headline(audit, fair=fair, pressed=pressed, drift=drift).set_index("name")


def people(count: int) -> list[dict]:
    return [{"customer_id": f"c{n}", "gender": ("female", "male")[n % 4 // 2]} for n in range(count)]


def test_a_gap_that_is_shown_is_named_with_its_bounds():
    found = figures([0, 0, 1, 1] * 100, customers=people(400))
    assert found.loc["selection_gap", "note"] == "churn by gender: male before female"
    assert found.loc["selection_gap", ["value", "high"]].tolist() == [1.0, 1.0]
    assert found.loc["gaps_breached", "value"] == 1


def test_a_gap_that_may_be_chance_says_so_and_is_no_breach():
    found = figures([0, 1, 0, 1] * 100, customers=people(400))
    assert found.loc["selection_gap", "note"].endswith("no gap is shown, it may be chance")
    assert pd.isna(found.loc["gaps_breached", "value"])
    assert "0; 0 met" in found.loc["gaps_breached", "note"]


def test_what_is_not_there_is_not_measured():
    found = figures([0, 1] * 50)
    assert found.loc[["gaps_breached", "selection_gap", "touches_over_cap", "changes"], "value"].isna().all()
    assert "no table touches" in found.loc["touches_over_cap", "note"]


def test_touches_beyond_the_cap_and_at_night_are_shares():
    sent = [
        {"touch_id": str(n), "customer_id": "c0", "channel": "sms", "sent_at": f"2025-03-01 {h}"}
        for n, h in enumerate(["22:00", "23:00"])
    ]
    found = figures([0, 1] * 50, customers=people(100), touches=sent)
    assert found.loc[["touches_over_cap", "touches_in_quiet_hours"], "value"].tolist() == [0.0, 1.0]
