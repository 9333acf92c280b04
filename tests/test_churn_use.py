"""Worth of fields and both curves come together, of a market with a model and of one without."""

from datetime import date

import pandas as pd

from workbench import churn, crm


def test_all_three_frames_survive_a_file_with_their_notes(sample_folder, tmp_path):
    tables = crm.open(sample_folder, countries=["BR"], first_day=date(2024, 10, 1)).tables
    found = churn.gather(tables, horizon_days=90)
    tested = churn.backtest(found.past, horizon_days=90)
    used = churn.use_of_data(tested, found, tables, horizon_days=90)
    assert list(used) == ["fields", "fewer_fields", "fewer_months"]
    for name, frame in used.items():
        frame.to_parquet(tmp_path / name)
        assert pd.read_parquet(tmp_path / name).attrs == frame.attrs
    assert used["fewer_months"]["size"].is_monotonic_increasing
