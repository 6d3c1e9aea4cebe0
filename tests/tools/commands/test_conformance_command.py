"""The conformance command: what it says and ends with, for records that agree, that differ and that can't be read.

Method: the command runs in this process; records are the real ones, whole or deliberately spoilt.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.recorded import FOLDER, scenarios

from tools.commands.conformance import conformance

MARKET = FOLDER / "market" / "market-450-ledgers.jsonl.gz"
SHARE = (
    "market-450-ledgers: 450 ledgers, 2,504 transactions, 2,504 executed and 0 applied as recorded: "
    "OfferCreate 2,504 executed, 0 as recorded"
)


def run(*files: Path | str) -> Result:
    return CliRunner().invoke(conformance, [str(path) for path in files])


def write(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def spoilt(family: str, *path: Any, value: Any) -> dict[str, Any]:
    """A scenario with one value changed."""
    record = json.loads(json.dumps(scenarios(family)[0]))
    place = record
    for key in path[:-1]:
        place = place[key]
    assert place[path[-1]] != value
    place[path[-1]] = value
    return dict(record)


def test_families_get_a_line_each_and_the_totals_come_last() -> None:
    """And exit code 0 says that all passed."""
    done = run(FOLDER / "malformed.jsonl.gz", FOLDER / "amm_only.jsonl.gz")
    assert done.output.splitlines() == [
        "malformed: 40 of 40 passed",
        "amm_only: 40 of 40 passed",
        "80 passed, 0 failed",
    ]
    assert done.exit_code == 0


def test_the_totals_are_told_to_programs_and_what_differs_beside_them(tmp_path: Path) -> None:
    """One object on standard output; the difference itself on standard error, and the exit code is that for one."""
    file = write(
        tmp_path / "a.jsonl",
        scenarios("basic")[0],
        spoilt("basic", "steps", 0, "txs", 0, "result", value="tecPATH_DRY"),
    )
    done = CliRunner().invoke(conformance, [str(file), "--json"])
    told = {"whole": True, "passed": {"basic": 1}, "failed": {"basic": 1}}
    assert (done.exit_code, json.loads(done.stdout)) == (1, told)
    assert "tecPATH_DRY" in done.stderr


def test_plain_lines_and_compressed_ones_are_both_read(tmp_path: Path) -> None:
    """Side by side, in one run."""
    plain = write(tmp_path / "a.jsonl", scenarios("basic")[0])
    packed = tmp_path / "b.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert run(plain, packed).output.splitlines() == ["basic: 2 of 2 passed", "2 passed, 0 failed"]


def test_a_market_counts_as_one_scenario() -> None:
    """However many ledgers it has; how many, and what was executed of them, is told."""
    done = run(MARKET)
    assert done.output.splitlines() == [SHARE, "market: 1 of 1 passed", "1 passed, 0 failed"]


def test_a_spoilt_balance_is_found_and_told(tmp_path: Path) -> None:
    """Scenario, ledger, field, both values, and exit code 1."""
    bad = spoilt("basic", "steps", 3, "after", "accounts", "t1", "xrp_drops", value="1")
    ledger = bad["steps"][3]["ledger_index"]
    done = run(write(tmp_path / "bad.jsonl", scenarios("basic")[1], bad))
    right = scenarios("basic")[0]["steps"][3]["after"]["accounts"]["t1"]["xrp_drops"]
    assert done.output.splitlines() == [
        f"FAILED {bad['id']}, ledger {ledger}: accounts.t1.xrp_drops",
        "  expected 1",
        f"  got      {right}",
        "basic: 1 of 2 passed",
        "1 passed, 1 failed",
    ]
    assert done.exit_code == 1


def test_a_spoilt_result_is_found_and_told(tmp_path: Path) -> None:
    """Down to which transaction of the ledger it was."""
    bad = spoilt("basic", "steps", 0, "txs", 0, "result", value="tecKILLED")
    done = run(write(tmp_path / "bad.jsonl", bad))
    assert f"FAILED {bad['id']}, ledger {bad['steps'][0]['ledger_index']}, transaction 1: result" in done.output
    assert "  expected tecKILLED\n  got      tesSUCCESS\n" in done.output
    assert done.exit_code == 1


def test_a_missing_offer_is_told_by_how_many_there_are(tmp_path: Path) -> None:
    """A book that is too short is no match for its beginning."""
    record = json.loads(json.dumps(scenarios("basic")[0]))
    step = next(step for step in record["steps"] if step["after"]["books"]["asks"])
    step["after"]["books"]["asks"].pop()
    done = run(write(tmp_path / "bad.jsonl", record))
    assert "books.asks (how many)" in done.output
    assert done.exit_code == 1


def test_a_spoilt_pool_and_a_spoilt_end_of_a_market_are_found(tmp_path: Path) -> None:
    """The pool counts as the books do, and a market's end as its ledgers."""
    pool = spoilt("amm_only", "steps", 0, "after", "amm", "amount", value="7")
    lines = [json.loads(line) for line in gzip.decompress(MARKET.read_bytes()).splitlines()]
    lines[-1]["state"]["accounts"]["t2"]["sequence"] += 1
    done = run(write(tmp_path / "pool.jsonl", pool), write(tmp_path / "half-hour.jsonl", *lines))
    assert "amm.amount" in done.output
    assert "FAILED half-hour, end: accounts.t2.sequence" in done.output
    assert done.output.splitlines()[-1] == "0 passed, 2 failed"
    assert done.exit_code == 1


def test_a_spoilt_transaction_of_a_market_is_found_once(tmp_path: Path) -> None:
    """What follows from it is not told as faults of its own."""
    lines = [json.loads(line) for line in gzip.decompress(MARKET.read_bytes()).splitlines()]
    lines[2]["ledger"]["transactions"][0]["metaData"]["TransactionResult"] = "tecPATH_DRY"
    done = run(write(tmp_path / "m.jsonl", *lines))
    assert done.output.count("FAILED") == 1
    assert "  expected tecPATH_DRY" in done.output


def test_what_the_engine_does_not_know_fails_its_scenario_only(tmp_path: Path) -> None:
    """The next scenario is run, and the transaction's type is told."""
    bad = spoilt("basic", "steps", 0, "txs", 0, "tx", "TransactionType", value="NFTokenCreateOffer")
    done = run(write(tmp_path / "bad.jsonl", bad, scenarios("basic")[1]))
    assert "transaction 1: not executed\n  expected NFTokenCreateOffer\n" in done.output
    assert "does not know the transaction type NFTokenCreateOffer" in done.output
    assert done.output.splitlines()[-1] == "1 passed, 1 failed"


def test_what_cannot_be_read_does_not_keep_the_rest_from_being_run(tmp_path: Path) -> None:
    """Two bad files, 41 good scenarios, and exit code 2."""
    broken = spoilt("basic", "setup", value=5)
    first = write(tmp_path / "first.jsonl", broken, scenarios("basic")[1])
    done = run(first, tmp_path / "none.jsonl", FOLDER / "malformed.jsonl.gz")
    assert done.exit_code == 2
    assert done.stdout.splitlines() == [
        "basic: 1 of 1 passed",
        "malformed: 40 of 40 passed",
        "41 passed, 0 failed",
    ]
    assert [line.split(",")[0] for line in done.stderr.splitlines()] == [
        f"Error: {first}",
        f"Error: {tmp_path / 'none.jsonl'} is not there. Check the name.",
    ]


def test_a_market_without_one_of_its_ledgers_fails_and_the_gap_is_told(tmp_path: Path) -> None:
    """A record with a hole is not taken for a whole one."""
    lines = gzip.decompress(MARKET.read_bytes()).decode().splitlines(keepends=True)
    indexes = [json.loads(line)["ledger"]["ledger_index"] for line in lines[99:102]]
    path = tmp_path / "gap.jsonl"
    path.write_text("".join(lines[:100] + lines[101:]), encoding="utf-8")
    done = run(path)
    assert done.exit_code == 1
    assert f"(the record goes from ledger {indexes[0]} to {indexes[2]})" in done.output
    assert done.output.splitlines()[-1] == "0 passed, 1 failed"


def test_two_markets_may_stand_in_one_file_but_none_may_be_cut_short(tmp_path: Path) -> None:
    """The line where one breaks off is told."""
    text = gzip.decompress(MARKET.read_bytes()).decode()
    both, cut = tmp_path / "both.jsonl", tmp_path / "cut.jsonl"
    both.write_text(text + text, encoding="utf-8")
    cut.write_text("".join(text.splitlines(keepends=True)[:50]) + text, encoding="utf-8")
    shares = [SHARE.replace("market-450-ledgers", "both")] * 2
    assert run(both).output.splitlines() == [*shares, "market: 2 of 2 passed", "2 passed, 0 failed"]
    done = run(cut)
    assert done.exit_code == 2
    assert "line 50: the market has no line of kind end" in done.output


def test_names_that_no_terminal_can_show_are_escaped(tmp_path: Path) -> None:
    """A record can't colour or crash the terminal."""
    record = spoilt("basic", "steps", 0, "txs", 0, "result", value="tec\ud800") | {"id": "\x1b[31m", "family": "\ud800"}
    done = run(write(tmp_path / "x.jsonl", record))
    assert done.exit_code == 1
    assert done.output.splitlines()[0].startswith("FAILED \\u001b[31m, ledger")
    assert done.output.splitlines()[-2:] == ["\\ud800: 0 of 1 passed", "0 passed, 1 failed"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["holds no records"]),
        ('{"id": 1\n', ["line 1", "not JSON", "whole JSON object"]),
        ("[" * 200_000, ["line 1", "nested too deep"]),
        ('{"id": ' + "1" * 5000 + "}", ["line 1", "a number of thousands of digits. Fetch"]),
        ("[]\n", ["line 1", "not an object"]),
        ('{"id": "a", "family": "b"}\n', ["line 1", "'setup' is missing"]),
        ('{"id": "a", "family": "b", "setup": {}, "steps": []}\n', ["line 1", "'accounts' is missing"]),
        (
            '{"id": "a", "family": "b", "setup": {"accounts": {}, "issuer": 5}, "steps": []}\n',
            ["issuer is not an object"],
        ),
        ('{"kind": "ledger"}\n', ["line 1", "starts with a line of kind setup"]),
        ('{"kind": "setup", "accounts": {}}\n', ["no line of kind end", "cut short"]),
        ('{"kind": "setup", "accounts": {}}\n{"kind": "noise"}\n', ["line 2", "'noise'"]),
    ],
)
def test_what_cannot_be_read_is_named_and_nothing_is_traced(tmp_path: Path, text: str, told: list[str]) -> None:
    """File, line and what is wrong, for every way in which a record can be no record."""
    path = tmp_path / "x.jsonl"
    path.write_text(text, encoding="utf-8")
    done = run(path)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert str(path) in done.output
    for words in told:
        assert words in done.output


def test_a_key_missing_deep_inside_is_named(tmp_path: Path) -> None:
    """With the part of the record that should have it."""
    record = json.loads(json.dumps(scenarios("basic")[0]))
    del record["setup"]["before"]["accounts"]["t1"]["sequence"]
    done = run(write(tmp_path / "x.jsonl", record))
    assert done.exit_code == 2
    assert "'sequence' is missing from the setup" in done.output


def test_a_step_without_its_state_is_named(tmp_path: Path) -> None:
    """A record whose ledger has nothing to be held against is no record."""
    record = json.loads(json.dumps(scenarios("basic")[0]))
    del record["steps"][0]["after"]
    done = run(write(tmp_path / "x.jsonl", record))
    assert done.exit_code == 2
    assert "'after' is missing" in done.output


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("setup", "issuer", "tick_size"), "x"),
        (("setup", "issuer", "transfer_rate"), -1),
        (("setup", "accounts"), None),
        (("setup", "base_fee_drops"), [10]),
        (("setup", "before", "accounts", "t0", "sequence"), None),
        (("steps",), None),
        (("steps", 0, "ledger_index"), "x"),
        (("steps", 0, "close_time"), True),
        (("steps", 0, "txs"), 5),
        (("steps", 0, "txs", 0, "tx", "Flags"), "0"),
        (("steps", 0, "txs", 0, "tx", "Account"), {}),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_by_its_key(tmp_path: Path, keys: tuple[Any, ...], value: Any) -> None:
    """It is the record that is wrong: no scenario failed, and the rest is run."""
    path = write(tmp_path / "x.jsonl", spoilt("basic", *keys, value=value), scenarios("basic")[1])
    done = run(path)
    named = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")
    assert f"{path}, line 1: {named} is not " in done.output
    assert json.dumps(value) in done.output
    assert "FAILED" not in done.output
    assert done.output.splitlines()[-1] == "1 passed, 0 failed"
    assert done.exit_code == 2


def test_files_that_are_missing_damaged_or_not_packed_are_named(tmp_path: Path) -> None:
    """Each with its own cause, the file's name, and no traceback."""
    damaged = tmp_path / "damaged.jsonl.gz"
    damaged.write_bytes((FOLDER / "malformed.jsonl.gz").read_bytes()[:2000])
    plain = tmp_path / "plain.jsonl.gz"
    plain.write_text("{}\n", encoding="utf-8")
    packed = tmp_path / "packed.jsonl"
    packed.write_bytes((FOLDER / "malformed.jsonl.gz").read_bytes())
    for path, words in (
        (tmp_path / "none.jsonl", "is not there"),
        (tmp_path, "a folder. Name plain files of records."),
        (damaged, "damaged or not gzip"),
        (plain, "damaged or not gzip"),
        (packed, "name it .jsonl.gz"),
    ):
        done = run(path)
        assert done.exit_code == 2, path
        assert words in done.output, path
        assert path.name in done.output
        assert "Traceback" not in done.output


def test_no_file_at_all_is_a_usage_error() -> None:
    """The mend stands in the line."""
    done = run()
    assert done.exit_code == 2
    assert "name at least one file" in done.output


def test_an_address_without_end_is_told_at_once(tmp_path: Path) -> None:
    """Decoding takes the square of its length."""
    record = spoilt("basic", "setup", "issuer", "address", value="r" * 1_000_000)
    done = run(write(tmp_path / "long.jsonl", record))
    assert "an address has at most 35 characters, not 1,000,000" in done.output
    assert done.exit_code == 2
    assert len(done.output) < 1000
