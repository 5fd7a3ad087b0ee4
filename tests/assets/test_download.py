"""Downloads arrive whole or go on later, whatever the server and the network do."""

import hashlib
import itertools
import os
import random
import shutil
import types

import pytest
import torch

from manyfaces import assets
from manyfaces.assets import Answers, download, http, locks
from manyfaces.assets.cache import cached_path
from manyfaces.core.errors import AssetError

CONTENT = random.Random(0).randbytes(400_000)
OTHER = random.Random(1).randbytes(400_000)
OVERLAP = download.OVERLAP


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".lock"))


def stop_at(count):
    """Answers of a person who presses Ctrl-C once so many bytes are here."""

    def progress(asset, here, total):
        if here >= count:
            raise KeyboardInterrupt

    return Answers(progress=progress)


def fetch_a_part(count=200_000):
    with pytest.raises(KeyboardInterrupt):
        assets.fetch("thing", stop_at(count))


def test_a_file_arrives_and_the_way_is_told(serve, put_up, empty_cache):
    served, told = serve(content=CONTENT), []
    put_up(served.address, CONTENT)
    path = assets.fetch("thing", Answers(progress=lambda asset, here, total: told.append((asset.name, here, total))))
    assert path.read_bytes() == CONTENT
    assert files(empty_cache) == ["thing.bin", "thing.bin.receipt.json"]
    assert told[-1] == ("thing", len(CONTENT), len(CONTENT))
    assert [here for _, here, _ in told] == sorted(here for _, here, _ in told)
    assert served.asked[0].headers["Accept-Encoding"] == "identity"


def test_a_cut_connection_goes_on_where_it_was_cut(serve, put_up, waits):
    served = serve(content=CONTENT, cuts=[150_000, 100_000])
    put_up(served.address, CONTENT)
    assert assets.fetch("thing").read_bytes() == CONTENT
    first, second, third = served.ranges_asked()
    assert first is None
    assert 150_000 - http.CHUNK - OVERLAP <= int(second[6:-1]) <= 150_000 - OVERLAP
    assert int(third[6:-1]) > int(second[6:-1])
    assert served.asked[1].headers["If-Range"] == '"one"'
    assert waits == [1.0, 1.0]


def test_after_ctrl_c_the_next_fetch_goes_on(serve, put_up, empty_cache):
    served, said = serve(content=CONTENT), []
    asset = put_up(served.address, CONTENT)
    fetch_a_part()
    assert [status.state for status in assets.list_assets()] == ["begun"]
    part = cached_path(asset).with_name("thing.bin.part").stat().st_size
    assert 200_000 <= part < len(CONTENT)
    assert assets.fetch("thing", Answers(say=said.append)).read_bytes() == CONTENT
    assert served.ranges_asked() == [None, f"bytes={part - OVERLAP}-"]
    assert "going on after" in said[0]
    assert files(empty_cache) == ["thing.bin", "thing.bin.receipt.json"]


def test_a_part_that_is_whole_already_is_not_fetched_again(serve, put_up):
    served = serve(content=CONTENT)
    put_up(served.address, CONTENT)
    fetch_a_part(len(CONTENT))
    assert assets.fetch("thing").read_bytes() == CONTENT
    assert served.ranges_asked()[1] == f"bytes={len(CONTENT) - OVERLAP}-"


def test_a_server_that_knows_no_parts_starts_over(serve, put_up):
    served = serve(content=CONTENT, ranges=False)
    put_up(served.address, CONTENT)
    fetch_a_part()
    assert assets.fetch("thing").read_bytes() == CONTENT


@pytest.mark.parametrize("validator", [{"etag": '"one"'}, {"etag": "", "modified": "Mon, 01 Jan 2024 00:00:00 GMT"}])
def test_a_file_that_was_replaced_between_tries_starts_over(serve, put_up, validator):
    served = serve(content=CONTENT, **validator)
    put_up(served.address)
    fetch_a_part()
    served.content, served.etag, served.modified = (
        OTHER,
        '"two"' if served.etag else "",
        "Tue, 02 Jan 2024 00:00:00 GMT",
    )
    assert assets.fetch("thing").read_bytes() == OTHER
    assert len(served.asked) == 2


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
@pytest.mark.parametrize(
    "replaced",
    [OTHER, CONTENT + b"more", OTHER[:1000] + CONTENT[1000:] + b"more", CONTENT[:200_000], CONTENT[:1000]],
    ids=["other", "grown", "another beginning", "cut", "short"],
)
def test_a_replaced_file_is_noticed_where_the_server_names_no_version(serve, put_up, etag, replaced):
    served = serve(content=CONTENT, etag=etag)
    put_up(served.address)
    fetch_a_part()
    served.content = replaced
    assert assets.fetch("thing").read_bytes() == replaced
    assert served.asked[1].headers["If-Range"] is None


def test_what_came_from_another_address_is_not_gone_on_with(serve, put_up):
    first, second = serve(content=CONTENT, etag=""), serve(content=CONTENT, etag="")
    put_up(first.address)
    fetch_a_part()
    put_up(second.address)
    assert assets.fetch("thing").read_bytes() == CONTENT
    assert second.ranges_asked() == [None]


def test_an_answer_that_ends_early_without_a_word_is_noticed(serve, put_up, monkeypatch):
    # As with older versions of the network's libraries, which do not count.
    served, ends = serve(content=CONTENT), iter([2, None])
    put_up(served.address)
    monkeypatch.setattr(download, "chunks", lambda answer: itertools.islice(http.chunks(answer), next(ends)))
    assert assets.fetch("thing").read_bytes() == CONTENT
    assert len(served.asked) == 2


def test_a_server_that_says_no_length(serve, put_up):
    served = serve(content=CONTENT, says_length=False)
    put_up(served.address, CONTENT)
    assert assets.fetch("thing").read_bytes() == CONTENT


def test_a_busy_server_is_asked_again_a_little_later(serve, put_up, waits):
    served = serve(content=CONTENT, statuses=[503, 429, 500])
    put_up(served.address, CONTENT)
    assert assets.fetch("thing").read_bytes() == CONTENT
    assert waits == [2.0, 4.0, 8.0]


def test_it_gives_up_where_nothing_new_comes_and_keeps_what_came(serve, put_up, waits):
    served = serve(content=CONTENT, cuts=[150_000] + [OVERLAP] * 20)
    put_up(served.address, CONTENT)
    with pytest.raises(AssetError, match=r"MB have arrived and are kept"):
        assets.fetch("thing")
    assert len(served.asked) == 1 + download.TRIES
    served.cuts = []
    assert assets.fetch("thing").read_bytes() == CONTENT


def test_who_cannot_be_reached_is_asked_once(put_up, waits):
    put_up("http://127.0.0.1:9")
    with pytest.raises(AssetError, match="cannot be reached") as caught:
        assets.fetch("thing")
    assert waits == []
    assert "--from FILE" in caught.value.fix


@pytest.mark.parametrize(("status", "said"), [(404, "no such file"), (403, "refuses it"), (204, "brings no file")])
def test_an_answer_without_the_file_says_which(serve, put_up, status, said):
    put_up(serve(statuses=[status]).address)
    with pytest.raises(AssetError, match=said) as caught:
        assets.fetch("thing")
    assert "https://example.org/thing" in caught.value.fix


@pytest.mark.parametrize(
    ("kind", "content"),
    [("text/html; charset=utf-8", b"Log in first"), ("application/octet-stream", b"\n <!doctype HTML><p>Moved")],
)
def test_a_web_page_is_no_file(serve, put_up, empty_cache, kind, content):
    put_up(serve(content=content, kind=kind).address)
    with pytest.raises(AssetError, match="a web page came"):
        assets.fetch("thing")
    assert files(empty_cache) == []


def test_a_web_page_does_not_spoil_what_has_arrived(serve, put_up):
    served = serve(content=CONTENT)
    put_up(served.address, CONTENT)
    fetch_a_part()
    served.content, served.ranges = b"<html>busy</html>", False
    with pytest.raises(AssetError, match="a web page came"):
        assets.fetch("thing")
    served.content, served.ranges = CONTENT, True
    assert assets.fetch("thing").read_bytes() == CONTENT
    assert served.asked[-1].headers["Range"] is not None


def test_other_bytes_are_refused_and_removed(serve, put_up, empty_cache):
    put_up(serve(content=OTHER).address, CONTENT)
    with pytest.raises(AssetError, match="has checksum"):
        assets.fetch("thing")
    assert files(empty_cache) == []


def test_the_first_download_is_recorded_and_later_ones_are_compared(serve, put_up, empty_cache):
    served, said = serve(content=CONTENT), []
    put_up(served.address)
    path = assets.fetch("thing", Answers(say=said.append))
    assert any(hashlib.sha256(CONTENT).hexdigest() in remark for remark in said)
    assert assets.fetch("thing") == path
    assert len(served.asked) == 1

    path.unlink()
    served.content, served.etag = OTHER, '"two"'
    with pytest.raises(AssetError, match="as the first download had") as caught:
        assets.fetch("thing")
    assert not path.exists()
    receipt = empty_cache / "assets" / "thing.bin.receipt.json"
    assert str(receipt) in caught.value.fix
    receipt.unlink()
    assert assets.fetch("thing").read_bytes() == OTHER


@pytest.mark.parametrize("format", ["zip", "pickle"])
def test_weights_that_nobody_knows_must_at_least_be_weights(serve, put_up, tmp_path, empty_cache, format):
    torch.save({"a": torch.zeros(3)}, tmp_path / "weights", _use_new_zipfile_serialization=format == "zip")
    served = serve(content=b"Sorry, too many downloads today")
    put_up(served.address, member="thing.tar")
    with pytest.raises(AssetError, match="no file that torch has written"):
        assets.fetch("thing")
    assert files(empty_cache) == []
    served.content, served.etag = (tmp_path / "weights").read_bytes(), '"two"'
    assert assets.fetch("thing").read_bytes() == served.content


def test_nothing_is_no_file(serve, put_up, waits):
    put_up(serve(content=b"").address)
    with pytest.raises(AssetError, match="nothing came"):
        assets.fetch("thing")


def test_an_answer_without_end_stops(serve, put_up, monkeypatch):
    monkeypatch.setattr(download, "LIMIT", 300_000)
    served = serve(content=CONTENT, says_length=False)
    put_up(served.address)
    with pytest.raises(AssetError, match="no end"):
        assets.fetch("thing")
    served.says_length = True
    with pytest.raises(AssetError, match="which no model file has"):
        assets.fetch("thing")


def test_damage_after_the_download_is_noticed(serve, put_up):
    put_up(serve(content=CONTENT).address)
    path = assets.fetch("thing")
    path.write_bytes(OTHER)
    assert [status.state for status in assets.list_assets()] == ["damaged"]
    assert assets.fetch("thing").read_bytes() == CONTENT
    os.utime(path)  # touched, not changed
    assert [status.state for status in assets.list_assets()] == ["ready"]


def test_a_full_disk_is_told_before_it_is_full(serve, put_up, monkeypatch):
    served = serve(content=CONTENT)
    put_up(served.address, CONTENT)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=1000))
    with pytest.raises(AssetError, match=r"needs 0 MB .* free") as caught:
        assets.fetch("thing")
    assert "MANYFACES_HOME" in caught.value.fix


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_disk_that_fills_up_on_the_way(serve, put_up, empty_cache):
    asset = put_up(serve(content=CONTENT).address, CONTENT)
    part = cached_path(asset).with_name("thing.bin.part")

    class Full(download.Partial):
        def begin(self, *arguments):
            super().begin(*arguments)
            part.symlink_to("/dev/full")

    part.parent.mkdir(parents=True)
    wanted = http.Wanted("thing", asset.where)
    with pytest.raises(AssetError, match="No space left"):
        download.download(wanted, Full(part), lambda *_: None)


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_asked(serve, put_up, empty_cache):
    served = serve(content=CONTENT)
    put_up(served.address, CONTENT)
    empty_cache.write_text("in the way")
    with pytest.raises(AssetError, match="cannot write") as caught:
        assets.fetch("thing")
    assert "MANYFACES_HOME" in caught.value.fix
    assert served.asked == []


def test_two_at_once_do_not_write_the_same_file(serve, put_up, empty_cache):
    asset = put_up(serve(content=CONTENT).address, CONTENT)
    cached_path(asset).parent.mkdir(parents=True)
    with locks.only_one(cached_path(asset)), pytest.raises(AssetError, match="another process is fetching"):
        assets.fetch("thing")
    assert assets.fetch("thing").read_bytes() == CONTENT


def test_a_file_downloaded_by_hand_is_checked_and_copied(put_up, tmp_path, empty_cache):
    put_up("https://example.org/model", CONTENT)
    right, wrong = tmp_path / "right.bin", tmp_path / "wrong.bin"
    right.write_bytes(CONTENT)
    wrong.write_bytes(OTHER)
    with pytest.raises(AssetError, match="has checksum"):
        assets.fetch("thing", source=str(wrong))
    with pytest.raises(AssetError, match="is not a file"):
        assets.fetch("thing", source=str(tmp_path / "neither"))
    assert assets.fetch("thing", source=str(right)).read_bytes() == CONTENT
    assert right.exists()


def test_a_file_that_only_a_browser_gets(serve, put_up):
    put_up("", source="page:https://example.org/thing")
    with pytest.raises(AssetError, match="only a browser") as caught:
        assets.fetch("thing")
    assert "--from FILE" in caught.value.fix
    served = serve(content=CONTENT)
    assert assets.fetch("thing", source=f"{served.address}/mirror").read_bytes() == CONTENT


def test_terms_are_accepted_first(serve, put_up):
    served = serve(content=CONTENT)
    put_up(served.address, on_request=True)
    with pytest.raises(AssetError, match="have to be accepted") as caught:
        assets.fetch("thing")
    assert "--accept-terms" in caught.value.fix
    assert served.asked == []
    assert assets.fetch("thing", Answers(accepts=lambda asset: asset.name == "thing")).read_bytes() == CONTENT
