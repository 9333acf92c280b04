"""A link is a secret where whoever has it can act as somebody, or reads who somebody is."""

import pytest

from workbench.personal.tokens import has_secret


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com/reset?token=8f3kq02ld9",
        "https://example.com/a?x=1&X-Amz-Signature=0a1b2c3d4e5f",
        "https://example.com/app;jsessionid=0A1B2C3D4E",
        "https://example.com/#access_token=ya29.a0AfH6",
        "https://example.com/list?mail=anna%40example.org",
        "https://example.com/unsubscribe?u=anna@example.org",
        "https://anna:secret@example.com/",
        "https://example.com/l/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln",
        "https://example.com/?key=abcdefghijklmnopqrstuvwxyz",
    ],
)
def test_tokens_keys_signatures_sessions_and_addresses_are_secret(link):
    assert has_secret(link)


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com/",
        "https://example.com/list?sort=price&page=2",
        "https://example.com/?key=colour",
        "https://example.com/?token=",
        "https://example.com/?sid=1",
        "https://example.com/@anna/photo",
        "https://example.com/token/8f3kq02ld9",
    ],
)
def test_settings_and_pages_are_not(link):
    assert not has_secret(link)
