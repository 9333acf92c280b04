"""Survey exports become messages, once, whatever they are called and however they are dated."""

import pandas as pd
import pytest

from workbench import crm
from workbench.crm.importing import import_source
from workbench.errors import InputError

FORMS = "Timestamp,Email Address,How would you rate us?,What could we improve?\n"
MONKEY = "Respondent ID,End Date,Overall rating,Tell us why\n,,Response,Open-Ended Response\n"
ZIGPOLL = "Date,Customer Email,Rating,Response\n"


@pytest.fixture
def take(tmp_path, crm_folder):
    """Return a function that imports a text as a file into a CRM with two customers and one message."""
    customers = pd.DataFrame({"customer_id": ["1", "2"], "email": ["Ann@mail.example", None]})
    told = {"message_id": ["m1"], "sent_at": [pd.Timestamp("2025-01-01")], "channel": ["email"], "text": ["Hello"]}
    folder = crm_folder(customers=customers, messages=pd.DataFrame(told).assign(mood="calm"))

    def run(text: str, mapping: str | None = None) -> tuple[pd.Series, pd.DataFrame]:
        file, chosen = tmp_path / "answers.csv", tmp_path / "mapping.yaml"
        file.write_text(text)
        if mapping is not None:
            chosen.write_text(mapping)
        rules = import_source("feedback", [file], folder=folder, mapping=chosen if mapping is not None else None)
        return rules.set_index("rule")["rows"], pd.read_parquet(folder / "messages.parquet")

    return run


@pytest.mark.parametrize(
    "text",
    [
        FORMS + "2025/05/31 9:05:00,ann@mail.example,4,Faster delivery\n",
        MONKEY + "77,2025-05-31 09:05:00,4,Faster delivery\n",
        ZIGPOLL + "2025-05-31T09:05:00Z,ANN@mail.example,4 stars,Faster delivery\n",
        "Datum;Kundennummer;Bewertung bitte bewerten;Kommentar\n31.05.2025 09:05;1;★★★★☆;Faster delivery\n",
    ],
)
def test_known_exports_are_recognised(take, text):
    rules, messages = take(text)
    answer = messages.iloc[-1]
    assert (rules["taken"], len(messages)) == (1, 2)
    assert (answer["text"], answer["rating"], answer["channel"]) == ("Faster delivery", 4, "survey")
    assert answer["sent_at"] == pd.Timestamp("2025-05-31 09:05")
    assert messages["mood"].tolist()[0] == "calm"


def test_an_answer_is_taken_once_and_the_rest_stays(take):
    text = ZIGPOLL + "2025-05-31,ann@mail.example,5,Good\n2025-05-31,who@mail.example,1,Bad\n2025-06-01,,3,\n"
    rules, first = take(text)
    assert rules.tolist() == [2, 0, 1, 0, 1]
    assert first["customer_id"].tolist()[1:] == ["1", None] or first["customer_id"].isna().tolist() == [
        True,
        False,
        True,
    ]
    rules, again = take(text)
    assert (rules["taken"], rules["already there"]) == (0, 2)
    pd.testing.assert_frame_equal(again, first)


def test_what_was_imported_keeps_to_the_contract(take, tmp_path):
    take(ZIGPOLL + "2025-05-31,ann@mail.example,5,Good\n")
    assert len(crm.open(tmp_path / "crm").frame("messages")) == 2


@pytest.mark.parametrize(("said", "rating"), [("0", 1.0), ("5", 3.0), ("10", 5.0)])
def test_ten_points_are_brought_to_five(take, said, rating):
    text = f"Date,How likely are you to recommend us?,Comments\n2025-05-31,{said},Well\n2025-05-30,9,So\n"
    assert take(text)[1].query("text == 'Well'")["rating"].tolist() == [rating]


def test_a_mapping_names_what_cannot_be_known(take):
    text = "a,b,c\n01.02.2025,2,Fine\n"
    mapping = "{date: a, date_format: '%d.%m.%Y', rating: b, text: c, timezone: Europe/Berlin}"
    assert take(text, mapping)[1]["sent_at"].tolist()[-1] == pd.Timestamp("2025-01-31 23:00")


@pytest.mark.parametrize(
    ("text", "mapping", "why"),
    [
        ("a,b\n1,2\n", None, "no column for the date among 'a', 'b'"),
        (ZIGPOLL + "01/02/2025,,5,Good\n", None, "days and months cannot be told apart"),
        (ZIGPOLL + "2025-05-31,,5,Good\nsoon,,4,Bad\n", None, "column 'Date': 1 rows hold no date, such as row 3"),
        (ZIGPOLL + "2025-05-31,,lovely,Good\n", None, "column 'Rating': 1 rows hold no rating, such as row 2"),
        (ZIGPOLL + "2025-05-31,,70,Good\n", None, "ratings up to 70 of 10"),
        (ZIGPOLL + "2999-05-31,,5,Good\n", None, "1 dates lie in the future"),
        ("Date,Comments,Feedback\n2025-05-31,a,b\n", None, "several columns may be the text: 'Comments', 'Feedback'"),
        (ZIGPOLL, "{txt: Response}", "'txt' is no key; did you mean 'text'?"),
        (ZIGPOLL, "{text: Respons}", "no column 'Respons'; did you mean 'Response'?"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_changes(take, tmp_path, text, mapping, why):
    before = (tmp_path / "crm" / "messages.parquet").read_bytes()
    with pytest.raises(InputError, match=r".*") as refused:
        take(text, mapping)
    assert why in str(refused.value)
    assert (tmp_path / "crm" / "messages.parquet").read_bytes() == before


def test_messages_as_csv_stay_csv(tmp_path, crm_folder):
    folder = crm_folder(messages="message_id,sent_at,channel,text\nm1,2025-01-01 10:00:00,email,Hello\n")
    (tmp_path / "answers.csv").write_text(ZIGPOLL + "2025-05-31,,5,Good\n")
    import_source("feedback", [tmp_path / "answers.csv"], folder=folder)
    assert crm.open(folder).frame("messages").sort_values("sent_at")["text"].tolist() == ["Hello", "Good"]
    assert not (folder / "messages.parquet").exists()


def test_a_new_folder_gets_messages_alone(tmp_path):
    (tmp_path / "answers.csv").write_text(ZIGPOLL + "2025-05-31,,5,Good\n")
    import_source("feedback", [tmp_path / "answers.csv"], folder=tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["messages.parquet"]
    assert len(crm.open(tmp_path / "new").frame("messages")) == 1


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        (
            ["2024/02/14 1:53:31 PM GMT+1", "2024/07/14 1:53:31 PM GMT+2"],
            ["2024-02-14 12:53:31", "2024-07-14 11:53:31"],
        ),
        (["2024-02-14T09:05:00-05:30", "2024-02-14 09:05"], ["2024-02-14 14:35:00", "2024-02-14 09:05:00"]),
        (["2024-02-14T09:05:00.000Z"], ["2024-02-14 09:05:00"]),
    ],
)
def test_a_zone_that_is_written_is_heeded_row_by_row(tmp_path, written, utc):
    (tmp_path / "answers.csv").write_text("".join(["Timestamp,Rating,Comment\n", *(f"{at},5,ok\n" for at in written)]))
    crm.import_source("feedback", [tmp_path / "answers.csv"], folder=tmp_path / "crm")
    assert sorted(crm.open(tmp_path / "crm").frame("messages")["sent_at"].astype(str)) == sorted(utc)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("1890-02-01,5,Great", "1 dates lie before 1990-01-01"),
        ("2024-01-01,0,Bad", "0 is no rating from 1 to 5; .* scale: 10"),
    ],
)
def test_what_the_contract_would_refuse_is_not_written(tmp_path, answer, said):
    (tmp_path / "answers.csv").write_text(f"Timestamp,Rating,Comment\n{answer}\n")
    with pytest.raises(InputError, match=said):
        crm.import_source("feedback", [tmp_path / "answers.csv"], folder=tmp_path / "crm")
    assert not (tmp_path / "crm").exists()


def test_messages_with_semicolons_are_joined_and_none_is_an_answer(tmp_path, crm_folder):
    folder = crm_folder(
        messages="message_id;sent_at;channel;text;rating\n007;2024-01-05;email;Zu spät;2,5\n".encode("latin-1")
    )
    (tmp_path / "answers.csv").write_text("Timestamp,Rating,Comment\n2024-02-01,5,None\n")
    crm.import_source("feedback", [tmp_path / "answers.csv"], folder=folder)
    found = crm.open(folder).frame("messages").sort_values("sent_at")
    assert found["text"].tolist() == ["Zu spät", "None"]
    assert (found["rating"].tolist(), found["message_id"].iloc[0]) == ([2.5, 5.0], "007")


def test_a_corrupt_workbook_is_refused(tmp_path):
    (tmp_path / "answers.xlsx").write_bytes(b"PK not a workbook")
    with pytest.raises(InputError, match=r"answers\.xlsx: cannot be read"):
        crm.import_source("feedback", [tmp_path / "answers.xlsx"], folder=tmp_path / "crm")
