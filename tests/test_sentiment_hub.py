import json
import subprocess
import sys
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.sentiment.hub import locate

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """Answers as the hub does for one model, `org/whole`, one that is gated, one in pickle form and no others."""

    def __init__(self, folder, *arguments):
        self.folder = folder
        super().__init__(*arguments)

    def do_GET(self):
        path = self.path.partition("?")[0]
        files = {"org/whole": sorted(file.name for file in self.folder.iterdir()), "org/pickle": ["pytorch_model.bin"]}
        repository = next((name for name in files if name in path), None)
        if "org/gated" in path:
            self.answer(403, {}, code="GatedRepo")
        elif repository is None:
            self.answer(404, {}, code="RepoNotFound")
        elif "/resolve/" in path:
            self.answer(200, (self.folder / path.rpartition("/")[2]).read_bytes())
        elif "/tree/" in path:
            sizes = {file.name: file.stat().st_size for file in self.folder.iterdir()}
            self.answer(
                200, [{"type": "file", "path": n, "size": s, "oid": n.encode().hex()} for n, s in sizes.items()]
            )
        else:
            siblings = [{"rfilename": file} for file in files[repository]]
            self.answer(200, {"id": repository, "sha": COMMIT, "siblings": siblings})

    do_HEAD = do_GET  # noqa: N815

    def answer(self, status, content, *, code=None):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        headers = {"Content-Length": len(body), "X-Repo-Commit": COMMIT, "ETag": f'"{Path(self.path).name}"'}
        for name, value in (headers | ({"X-Error-Code": code} if code else {})).items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(tmp_path):
    """Return a function that locates models in a process of its own, with this hub unless told otherwise."""
    folder = tmp_path / "whole"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json", "evil.py"):
        (folder / name).write_text(f"content of {name}")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Hub, folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    code = """if True:
        import sys
        from workbench.errors import InputError
        from workbench.sentiment.hub import locate
        for name in sys.argv[1:]:
            try:
                print(*sorted(file.name for file in locate(name).iterdir()))
            except InputError as error:
                print(error)
    """

    def ask(*names, **settings):
        environment = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(tmp_path / "home")}
        command = [sys.executable, "-W", "error", "-c", code, *names]
        done = subprocess.run(
            command, env=environment | settings, capture_output=True, text=True, check=True, timeout=100
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    yield ask
    server.shutdown()
    server.server_close()


def test_a_model_is_downloaded_once_and_then_found_without_the_hub(hub):
    files = "config.json model.safetensors tokenizer.json"
    assert hub("org/whole") == [files]
    assert hub("org/whole", HF_HUB_OFFLINE="1") == [files]
    assert hub("org/whole", HF_ENDPOINT="http://127.0.0.1:9") == [files]


def test_each_reason_for_not_getting_a_model_names_the_way_to_it(hub):
    gated, unknown, pickle, nonsense = hub("org/gated", "org/unknown", "org/pickle", "no id")
    assert "its owner asks who uses it" in gated
    assert "org/gated, then run `hf auth login`" in gated
    assert "check the spelling" in unknown
    assert "allow_pickle=True" in pickle
    assert nonsense == "transformer 'no id': neither a folder nor an id like 'organisation/model'"


def test_a_hub_that_does_not_answer_is_one_short_error(hub):
    (found,) = hub("org/whole", HF_ENDPOINT="http://127.0.0.1:9")
    assert "did not answer (ConnectError)" in found
    assert "hf download org/whole --local-dir FOLDER" in found


def test_offline_only_the_cache_is_asked(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError, match=r"not in the cache .*HF_HUB_OFFLINE is set; to get it, run `hf download a/b "):
        locate("a/b")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "no such folder"),
        ("./models/mine", "no such folder"),
        ("~/models/mine", "no such folder"),
        ("one/two/three", "no such folder"),
        ("https://user:secret@host/model", "no such folder"),
        (__file__, "this is a file"),
        ("a\x00b", "neither a folder nor an id"),
    ],
)
def test_what_is_neither_folder_nor_id_is_refused(name, fault, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError, match=fault) as refusal:
        locate(name)
    assert "secret" not in str(refusal.value)


def test_a_folder_is_itself(tmp_path):
    assert locate(str(tmp_path)) == tmp_path
