"""A wallet's secret is known in every form in which one is written down, whatever stands around it; what is none stays.

Method: secrets made by the ledger's own codecs from seeded bytes, in each form and each setting.
"""

from __future__ import annotations

import json
import random

import pytest
from Crypto.Util.RFC1751 import key_to_english
from hypothesis import given
from hypothesis import strategies as st
from xrpl.constants import CryptoAlgorithm
from xrpl.core.addresscodec import encode_seed
from xrpl.core.keypairs import derive_keypair

from actors.operator.protocol import REASON_CHARS_MAX, trimmed_reason
from neo.text.redaction import HIDDEN, excerpt, hide_secrets, hide_seeds, hide_within, secrets_in
from neo.text.wordlists import BIP39_WORDS

CHANCE = random.Random(20260121)
ALGORITHMS = (CryptoAlgorithm.ED25519, CryptoAlgorithm.SECP256K1)
SEEDS = [encode_seed(CHANCE.randbytes(16), algorithm) for algorithm in ALGORITHMS for _ in range(5)]
KEYS = [derive_keypair(seed)[1] for seed in SEEDS]
WORDS = [key_to_english(CHANCE.randbytes(16)) for _ in range(5)]
MNEMONICS = [" ".join(CHANCE.sample(BIP39_WORDS.split(), length)) for length in (12, 15, 18, 21, 24)]
NUMBERS = "554872 394230 209376 323698 140250 387423 652803 258676"  # the example of XLS-12


def gone(text: str, *secrets: str) -> bool:
    """True if nothing of the secrets is left, a half neither."""
    kept = "".join(char for char in hide_secrets(text).lower() if char.isalnum())
    bare = ["".join(char for char in secret.lower() if char.isalnum()) for secret in secrets]
    return "hidden" in kept and not any(part in kept for secret in bare for part in (secret[:12], secret[-12:]))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "around", ["{}", "seed={}", "my{}now", "({}).", '{{"s":"{}"}}', "a\\n{}\\n", "https://x/{}?y", "{0},{0}", "_{}_"]
)
def test_a_family_seed_is_hidden_whatever_it_is_glued_to(seed: str, around: str) -> None:
    text = around.format(seed)
    assert hide_secrets(text) == hide_seeds(text) == around.format(HIDDEN)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("between", [" ", "-", "\n", ". ", "\u200b"])
def test_a_family_seed_is_hidden_in_pieces(seed: str, between: str) -> None:
    for size in (1, 4, 10):
        pieces = between.join(seed[at : at + size] for at in range(0, len(seed), size))
        assert gone(f"wallet: {pieces}, stop", seed)


@pytest.mark.parametrize("key", [*KEYS, *(key[2:] for key in KEYS), *(key[2:34] for key in KEYS)])
def test_a_key_or_its_entropy_in_hex_is_hidden(key: str) -> None:
    for text in (key, key.lower(), f"0x{key}", f"key{key}", f"seed={key};", f"the key is {key.lower()}"):
        assert gone(text, key)
    for between, size in ((" ", 4), (":", 2), ("-", 8), ("\n", 16), (", ", 2)):
        assert gone("x " + between.join(key[at : at + size] for at in range(0, len(key), size)) + " x", key)


@pytest.mark.parametrize("words", [*WORDS, *MNEMONICS])
def test_words_are_hidden(words: str) -> None:
    split = words.split()
    numbered = " ".join(f"{number}. {word}" for number, word in enumerate(split, start=1))
    for text in (words, words.lower(), words.upper(), words.title(), ", ".join(split), "-".join(split), numbered):
        assert not any(word in hide_secrets(f"stop: {text}!") for word in (" ".join(split[:3]), " ".join(split[-3:])))
        assert HIDDEN in hide_secrets(f"stop: {text}!")
    assert HIDDEN in hide_secrets(words.replace(" ", "\n"))


@pytest.mark.parametrize("words", MNEMONICS)
@pytest.mark.parametrize("between", [" ", "\n", ", ", " - "])
def test_words_are_hidden_by_their_first_four_letters(words: str, between: str) -> None:
    """As a backup that is stamped into metal has them: they tell each word, so they are the secret."""
    stamped = [word[:4] for word in words.split()]
    numbered = [f"{number} {word}" for number, word in enumerate(stamped, start=1)]
    assert hide_secrets(f"stop: {between.join(stamped).upper()}!") == f"stop: {HIDDEN}!"
    assert hide_secrets(f"stop: {between.join(numbered)}!") == f"stop: 1 {HIDDEN}!"


@pytest.mark.parametrize("words", MNEMONICS)
def test_words_that_are_run_together_are_hidden(words: str) -> None:
    """Whichever case they have."""
    for text in (words, words.upper(), words.title()):
        assert hide_secrets(f"stop: {text.replace(' ', '')}!") == f"stop: {HIDDEN}!"


@pytest.mark.parametrize(
    "text",
    [NUMBERS, NUMBERS.replace(" ", "-"), "password=hunter2", 'secret: "a b"', "private key = x", "xprv" + "9" * 107,
     "-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----"],
)  # fmt: skip
def test_other_secrets_are_hidden(text: str) -> None:
    [secret] = secrets_in(text)
    assert hide_secrets(text) == text.replace(secret, HIDDEN)


@pytest.mark.parametrize(
    "text",
    [
        "stop because price moved away while feed went down twice today",
        "stop that, open next week when they have more data from east, west, then vote",
        "do not run it now as the bid is far off the mid",
        "I want to end this session, as the news is bad and the spread far too wide for what we can get",
        "session_20260121_000000000000000 20261126-011309-dc6b",
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        f"config_sha256={'0a' * 32}",
        f"tx {'0123456789ABCDEF' * 4} filled",
        f"the journal's hash is {'9f' * 32}",
        f"tx {'0123456789ABCDEF' * 4} and {'FEDCBA9876543210' * 4} filled",
        f"hashes: {'0a' * 32}, {'0b' * 32}; {'0c' * 32}",
        f'{{"checksums": ["{"0a" * 32}", "{"0b" * 32}"]}}',
        "donaudampfschifffahrtselektrizitaetenhauptbetriebswerk",
        f"since commit {'3f' * 20}",
        "01234567-89ab-cdef-0123-456789abcdef",
        "seed: 7 was lucky, seed=20260121 was not",
        "0.12345678901234567890123456789012 XRP, 2026-01-21T00:00:00.000Z, 10 20 30 40 50 60 70 80 90",
        "a bad face added dead beef",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert hide_secrets(text) == text


def test_hashes_of_records_stay_where_records_are_told() -> None:
    assert hide_seeds("0123456789ABCDEF" * 4) == "0123456789ABCDEF" * 4


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("around", ["{}", '"key":"{}"', "key {}, and", "'{}'"])
def test_a_private_key_as_the_codecs_write_it_is_hidden_where_records_are_told(key: str, around: str) -> None:
    """Of 66 digits, which no hash has."""
    assert len(key) == 66
    assert hide_seeds(around.format(key)) == around.format(HIDDEN)
    assert hide_seeds(around.format(key.lower())) == around.format(HIDDEN)


@pytest.mark.parametrize("words", MNEMONICS)
@pytest.mark.parametrize("between", [" ", ", ", "\n", '", "', "-"])
def test_a_wallets_words_are_hidden_where_records_are_told(words: str, between: str) -> None:
    text = between.join(words.split())
    assert hide_seeds(f"[{text}] 1") == f"[{HIDDEN}] 1"
    assert hide_seeds(f"at 1: {text.upper()}.") == f"at 1: {HIDDEN}."


@pytest.mark.parametrize(
    "text",
    [
        "the quote is placed two steps behind the touch as asked and waits for the next ledger to close again",
        f"signed with 02{'0A' * 32} for the {'1200' * 40}",
        f'{{"hashes": ["{"0a" * 32}", "{"0b" * 32}"]}}',
        f"blob 00{'0A' * 40}",
    ],
)
def test_records_and_prose_stay_where_they_are_told(text: str) -> None:
    assert hide_seeds(text) == text


def test_a_reason_is_rid_of_a_secret_before_it_is_cut() -> None:
    """Half a secret at the cut, or one whose blanks are gone, would not be known any more."""
    for seed in SEEDS:
        reason = trimmed_reason("x" * (REASON_CHARS_MAX - 20) + f" {seed}")
        assert seed[:8] not in reason
        assert trimmed_reason(f"why\n{seed[:9]}\n{seed[9:]}\x1b[31m") == f"why {HIDDEN}[31m"


@pytest.mark.parametrize("secret", [*SEEDS, "1ACAAEDECE405B2A958212629E16F2EB" * 2, *MNEMONICS])
@pytest.mark.parametrize("before", [0, 10, 50, 57])
def test_a_secret_at_the_cut_is_hidden_whole(secret: str, before: int) -> None:
    """A message repeats the beginning of what was given; no part of a secret is in it, wherever the cut falls."""
    shown = excerpt("-" * before + secret, 60)
    assert not any(secret[at : at + 8] in shown for at in range(len(secret) - 8))
    assert len(shown) <= 60


@pytest.mark.parametrize("length", [0, 59, 60, 61, 600])
def test_an_excerpt_says_whether_it_is_whole(length: int) -> None:
    assert excerpt("-" * length, 60) == ("-" * length if length <= 60 else f"{'-' * 57}...")
    assert excerpt("-\x1b", 60) == r"-\u001b"


def test_a_cut_leaves_no_half_of_a_secret_behind_others_that_were_hidden() -> None:
    """What is hidden makes a text shorter: what was beyond the reach of the search must not move into the excerpt."""
    longest = sorted(BIP39_WORDS.split(), key=len)[-24:]
    before = ", now ".join(" ".join(longest[turn:] + longest[:turn]) for turn in (0, 1))
    for gap in range(30):
        shown = excerpt(f"{before}, now {'-' * gap}{MNEMONICS[0]}", 60)
        assert shown.startswith(HIDDEN)
        assert MNEMONICS[0].split()[0] not in shown


def test_an_excerpt_of_a_short_text_with_a_secret_is_told_whole() -> None:
    """A secret that reaches over the cut is gone as a whole, and if nothing follows, nothing was left out."""
    assert excerpt(f"{'-' * 40} {SEEDS[0]}", 60) == f"{'-' * 40} {HIDDEN}"
    assert excerpt(f"{'-' * 40} {SEEDS[0]}!", 60) == f"{'-' * 40} {HIDDEN}..."


# --- How it is laid out ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("indent", [0, 2, 8, 40])
@pytest.mark.parametrize("pieces", [*(words.split() for words in MNEMONICS[:2]), WORDS[0].split(), NUMBERS.split()])
def test_a_secret_in_pieces_is_known_however_far_they_are_indented(pieces: list[str], indent: int) -> None:
    """As an array in a file that was laid out nicely, or in columns, with as many blanks as somebody likes."""
    array = json.dumps({"seed": pieces}, indent=indent)
    assert not any(f'"{piece}"' in hide_secrets(array) for piece in pieces[1:-1])
    assert hide_secrets(f"x {(' ' * indent + '  ').join(pieces)}") == f"x {HIDDEN}"


@pytest.mark.parametrize("key", KEYS[:4])
@pytest.mark.parametrize("between", ["\n        ", "          ", ",\n      ", "\t\t\t\t\t\t", " : "])
def test_a_key_in_groups_is_known_however_far_they_stand_apart(key: str, between: str) -> None:
    assert gone("x " + between.join(key[at : at + 6] for at in range(0, len(key), 6)) + " x", key)


# --- Secret numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "around",
    ["{}", "order 123456 {}", "000000 111111 {}", "{} 123456", "123456 {} 123456", "{0} and {0}", "on 260121: {}."],
)
def test_secret_numbers_are_known_among_other_numbers(around: str) -> None:
    """An order's number or a date of six digits beside them is not part of them, and hides them from nobody."""
    assert hide_secrets(around.format(NUMBERS)) == around.format(HIDDEN)


def written(row: str, between: str) -> str:
    """The secret numbers with a row's name before each."""
    named = [row.format(number=at, letter="ABCDEFGH"[at - 1]) for at in range(1, 9)]
    return between.join(f"{name}{number}" for name, number in zip(named, NUMBERS.split(), strict=True))


@pytest.mark.parametrize("between", [" ", "\n", ", ", " | ", "\t", ". ", "\r\n"])
@pytest.mark.parametrize("row", ["", "{letter} ", "{letter}: ", "{number}) ", "{number}. ", "#{number} "])
def test_secret_numbers_are_known_however_their_rows_are_named(row: str, between: str) -> None:
    """By letters, as the standard has them, by numbers, or not at all."""
    told = hide_secrets(written(row, between))
    assert HIDDEN in told
    assert not any(number in told for number in NUMBERS.split())


def test_secret_numbers_are_known_when_they_are_run_together() -> None:
    assert hide_secrets(f"it is {NUMBERS.replace(' ', '')}.") == f"it is {HIDDEN}."


@pytest.mark.parametrize("row", range(8))
def test_numbers_whose_check_is_wrong_are_no_secret(row: int) -> None:
    """A check digit that does not hold, in any row: eight numbers that somebody counted."""
    numbers = NUMBERS.split()
    numbers[row] = f"{numbers[row][:5]}{(int(numbers[row][5]) + 1) % 10}"
    text = " ".join(numbers)
    assert hide_secrets(text) == text
    assert hide_secrets("".join(numbers)) == "".join(numbers)


def test_numbers_in_another_order_or_too_few_are_no_secret() -> None:
    for numbers in (NUMBERS.split()[::-1], NUMBERS.split()[:7], NUMBERS.split()[1:]):
        assert hide_secrets(" ".join(numbers)) == " ".join(numbers)


# --- Where a secret ends -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("password=hunter2, user=me", "password=[hidden], user=me"),
        ("PASSWORD: hunter2", "PASSWORD: [hidden]"),
        ('{"secret": "a, b; c", "n": 1}', '{"secret": [hidden], "n": 1}'),
        ("{'api_key': 'k', 'n': 1}", "{'api_key': [hidden], 'n': 1}"),
        ("wallet seed=x y", "wallet seed=[hidden] y"),
        ("family-seed : x", "family-seed : [hidden]"),
        ("passphrase=a;mnemonic=b", "passphrase=[hidden];mnemonic=[hidden]"),
        ("no secret here", "no secret here"),
        ("seed=7", "seed=7"),
    ],
)
def test_the_value_of_what_is_called_a_secret_is_hidden_and_no_more(text: str, told: str) -> None:
    """To its closing quote, or, without quotes, to the next blank, comma or semicolon."""
    assert hide_secrets(text) == told


def test_a_key_file_is_hidden_to_its_end_even_if_that_is_cut_off() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\nxyz\n"
    assert hide_secrets(f"see {key}-----END RSA PRIVATE KEY-----\nbye") == f"see {HIDDEN}\nbye"
    assert hide_secrets(f"see {key}") == f"see {HIDDEN}"


@pytest.mark.parametrize("digits", [31, 40])
def test_hex_of_another_length_stays(digits: int) -> None:
    """One digit less than a seed's entropy; an account or a commit."""
    assert hide_secrets("a1" * 15 + "f" * (digits - 30)) == "a1" * 15 + "f" * (digits - 30)


def test_a_key_that_is_listed_with_a_hash_but_is_longer_is_hidden() -> None:
    """Only what has a hash's length may be one."""
    text = f"hashes: {'0a' * 32}, {'0b' * 33}"
    assert hide_secrets(text) == f"hashes: {'0a' * 32}, {HIDDEN}"


# --- Properties --------------------------------------------------------------------------------------------------

words_around = st.text(st.sampled_from("abcdefGHJK rstu123.,:;-_/\n\"'()"), max_size=30)


@given(before=words_around, entropy=st.binary(min_size=16, max_size=16), after=words_around, new=st.booleans())
def test_no_text_around_a_family_seed_shows_it(before: str, entropy: bytes, after: str, *, new: bool) -> None:
    """Whatever is glued to it, at the entrance and at the exit, and the words around it stay."""
    seed = encode_seed(entropy, ALGORITHMS[0 if new else 1])
    for hide in (hide_secrets, hide_seeds):
        told = hide(f"{before} {seed}{after}")
        assert seed[:12] not in told
        assert seed[-12:] not in told
        assert told.startswith(f"{before} {HIDDEN}")
        assert told.endswith(after)


@given(st.lists(st.sampled_from([*SEEDS, *WORDS, *MNEMONICS, NUMBERS, "the bid", "1.9431", "x=1"]), max_size=5))
def test_every_secret_of_a_text_is_found_in_its_place(parts: list[str]) -> None:
    """Of whatever kinds, in whatever order; put back, they make the text that it was."""
    text = " <--------> ".join(parts)
    found = secrets_in(text)
    assert found == [part for part in parts if part not in {"the bid", "1.9431", "x=1"}]
    kept = hide_secrets(text).split(HIDDEN)
    assert "".join(piece for pair in zip(kept, [*found, ""], strict=True) for piece in pair) == text


@given(st.text(max_size=200), st.integers(10, 60))
def test_an_excerpt_is_printable_and_no_longer_than_it_may_be(text: str, chars_max: int) -> None:
    shown = excerpt(text, chars_max)
    assert shown.isprintable()
    assert len(shown) <= chars_max


def test_what_is_around_a_text_is_never_taken_for_a_secret() -> None:
    """Twelve words in a row in JSON are a wallet's only if they are in one text; the names of the fields stay."""
    why = "an operator said pause, and has not said resume yet, but may say so soon"
    table = [{"text": why}, *({"text": text, "number": True} for text in "01234567")]
    assert HIDDEN in hide_seeds(json.dumps(table, separators=(",", ":")))
    assert hide_within(table) == table
    assert hide_within({"reason": (f"see {SEEDS[0]}", None, 1)}) == {"reason": [f"see {HIDDEN}", None, 1]}
