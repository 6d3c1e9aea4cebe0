"""The word lists are the published ones, word for word and in order: one wrong word would let a secret through.

Method: the lists against their published hash and rules, and secrets in words against the keys that they stand for.
"""

from __future__ import annotations

import hashlib

import pytest
from Crypto.Util.RFC1751 import wordlist

from neo.text.redaction import HIDDEN, hide_secrets
from neo.text.wordlists import BIP39_WORDS, RFC1751_WORDS

BIP39 = BIP39_WORDS.split()
RFC1751 = RFC1751_WORDS.split()

# Of english.txt, a word a line. Source: BIP-39's repository; wallets check it by this hash.
BIP39_SHA256 = "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"


@pytest.mark.parametrize("words", [BIP39, RFC1751], ids=["BIP-39", "RFC 1751"])
def test_a_list_has_a_word_for_each_of_its_11_bits(words: list[str]) -> None:
    """2048 words, none twice, all of small letters, as the text to be searched is made small first."""
    assert len(words) == len(set(words)) == 2**11
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)


def test_the_words_of_bip39_are_the_published_list() -> None:
    assert hashlib.sha256("".join(f"{word}\n" for word in BIP39).encode()).hexdigest() == BIP39_SHA256


def test_the_words_of_rfc1751_are_those_that_another_codec_has() -> None:
    """The ledger's own tools write a seed's words by the RFC's list, in capitals."""
    assert [word.upper() for word in RFC1751] == wordlist


def test_the_words_of_bip39_have_the_lengths_that_run_together_words_are_searched_for() -> None:
    """3 to 8 letters, in order of the alphabet, told apart by their first four."""
    assert {len(word) for word in BIP39} == set(range(3, 9))
    assert sorted(BIP39) == BIP39
    assert len({word[:4] for word in BIP39}) == len(BIP39)


def test_the_words_of_rfc1751_begin_with_the_short_ones() -> None:
    """Those of one to three letters are the first 571, as the RFC says."""
    assert [len(word) <= 3 for word in RFC1751] == [True] * 571 + [False] * (2048 - 571)


# Source: RFC 1751, "Examples".
KEYS = {
    "EB33F77EE73D4053": "TIDE ITCH SLOW REIN RULE MOT",
    "CCAC2AED591056BE4F90FD441C534766": "RASH BUSH MILK LOOK BAD BRIM AVID GAFF BAIT ROT POD LOVE",
    "EFF81F9BFBC65350920CDD7416DE8009": "TROD MUTE TAIL WARM CHAR KONG HAAG CITY BORE O TEAL AWL",
}


@pytest.mark.parametrize(("key", "words"), KEYS.items())
def test_a_words_place_is_its_number(key: str, words: str) -> None:
    """Six words are 66 bits: 64 of the key and two of parity, so the published keys come out of their words."""
    places = [RFC1751.index(word) for word in words.lower().split()]
    halves = [places[at : at + 6] for at in range(0, len(places), 6)]
    bits = ["".join(f"{place:011b}" for place in half)[:64] for half in halves]
    assert "".join(f"{int(half, 2):016X}" for half in bits) == key


@pytest.mark.parametrize("words", [words for key, words in KEYS.items() if len(key) == 32])
def test_a_published_key_is_known_by_its_parity(words: str) -> None:
    """In small letters such words may be a sentence; the last one's neighbour in the list, and the parity is wrong."""
    *first, last = words.lower().split()
    assert hide_secrets(f"say {' '.join(first)} {last}!") == f"say {HIDDEN}!"
    other = f"say {' '.join(first)} {RFC1751[RFC1751.index(last) ^ 1]}!"
    assert hide_secrets(other) == other


# Source: BIP-39, test vectors (entropy of all zeros, of 7f.., of 80.., of ff..).
MNEMONICS = [
    "abandon " * 11 + "about",
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
    "zoo " * 23 + "vote",
]


@pytest.mark.parametrize("words", MNEMONICS)
def test_a_published_mnemonic_is_known(words: str) -> None:
    assert hide_secrets(f"it is: {words}") == f"it is: {HIDDEN}"


def test_eleven_words_are_no_mnemonic() -> None:
    """Such a thing has twelve words at least; fewer are words that somebody wrote."""
    text = " ".join(MNEMONICS[1].split()[:11])
    assert hide_secrets(text) == text
