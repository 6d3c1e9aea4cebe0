"""Recognising a wallet's secrets in text, so that one typed where it doesn't belong goes no further.

Two levels. :func:`hide_secrets` is for the entrances, where somebody's own words come in (a reason, a note, a name):
it knows every form in which a secret of the XRP Ledger is written down, and is applied before the words are kept or
encoded. :func:`hide_seeds` is the last line of defence, for the log, the tap and the screen: there, records hold
hashes that look just like a key in hex, so only what can be nothing else is hidden: family seeds, keys with the prefix
that the codecs give them, words of a wallet in a row.

The random numbers' ``seed`` is no secret and stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from neo.text.base58 import decoded
from neo.text.printable import printable
from neo.text.wordlists import BIP39_WORDS, RFC1751_WORDS

HIDDEN: Final = "[hidden]"

# No secret is longer that is written without waste: 24 numbered words.
SECRET_CHARS_MAX: Final = 400

Span = tuple[int, int]

# A family seed's prefix by its length in characters: of secp256k1 ("s..."), of Ed25519 ("sEd...").
_SEED_PREFIXES: Final = {29: b"\x21", 31: b"\x01\xe1\x4b"}
_ENTROPY_BYTES: Final = 16

# One that stands alone is hidden whatever its checksum says: it may have been mistyped.
_SEED_ALONE: Final = re.compile(
    r"(?<![A-Za-z0-9])s(?:Ed[1-9A-HJ-NP-Za-km-z]{28}|[1-9A-HJ-NP-Za-km-z]{28})(?![A-Za-z0-9])"
)
# Overlapping, as one may begin within what looks like another.
_SEED_WITHIN: Final = re.compile(r"(?=(s[1-9A-HJ-NP-Za-km-z]{28,30}))")

# A seed's entropy, a private key, one with the prefix that the codecs give it (00 or ED).
_HEX_DIGITS: Final = frozenset({32, 64, 66})
_HEX_GROUPS_MOST: Final = max(_HEX_DIGITS) // 2
_HEX_RUN: Final = re.compile(r"[0-9A-Fa-f]{32,}")
_HEX_GROUP: Final = re.compile(r"(?<![0-9A-Za-z])(?:0x)?([0-9A-Fa-f]{2,})(?![0-9A-Za-z])")
# No hash has 66 digits; a public key of secp256k1 begins with 02 or 03, one of Ed25519 is hidden with the private ones.
_PREFIXED_KEY: Final = re.compile(r"(?<![0-9A-Fa-f])(?:00|[Ee][Dd])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])")
_UUID_GROUPS: Final = (8, 4, 4, 4, 12)
_GAP: Final = re.compile(r"[:,._|/-]{0,4}")
# What is called a hash may be one, if it has the length of one: SHA-256, or a commit's.
_HASH_DIGITS: Final = frozenset({40, 64})
_CALLED_A_HASH: Final = re.compile(
    r"(?:hash(?:es)?|sha-?256|digests?|checksums?|tx(?:_?id)?s?|transactions?|journals?|configs?|commits?|ledgers?|index)"
    r"(?:\s+(?:is|are|was|were|of))?[\"'`\s:=_#(\[-]*$",
    re.IGNORECASE,
)
_CALL_CHARS: Final = 32
# Between two hashes of a list of them.
_AND: Final = re.compile(r"[\"'`\s]*(?:[,;&/]|and|or|vs\.?|to)?[\"'`\s]*")

# Numbered words may touch their numbers; a letter or two beside a digit is no word.
_WORD: Final = re.compile(r"[A-Za-z]{3,}|(?<![A-Za-z0-9])[A-Za-z]{1,2}(?![A-Za-z0-9])")
_WORD_GAP_CHARS: Final = 8
_BIP39: Final = frozenset(BIP39_WORDS.split())
# The first four letters tell a word, and are all that a backup in metal has of it.
_BIP39_WRITTEN: Final = _BIP39 | {word[:4] for word in _BIP39}
_BIP39_FEWEST: Final = 12
_BIP39_CHARS: Final = range(3, 9)  # of a word
# So many words in a row, of any list: few texts have them, and most are spared the look at each word.
_WORDS_IN_A_ROW: Final = re.compile(
    rf"(?<![A-Za-z])[A-Za-z]{{3,8}}(?:[^A-Za-z0-9]{{1,4}}[A-Za-z]{{3,8}}){{{_BIP39_FEWEST - 1}}}(?![A-Za-z])"
)
_LETTERS: Final = re.compile(rf"[A-Za-z]{{{_BIP39_CHARS.start * _BIP39_FEWEST},}}")
_RFC1751: Final = {word: number for number, word in enumerate(RFC1751_WORDS.split())}
_RFC1751_HALF: Final = 6

# Eight numbers of six digits, the last of each a check. Source: XLS-12, "Secret Numbers".
_NUMBERS: Final = 8
_NUMBER: Final = re.compile(r"(?<!\d)\d{6}(?!\d)")
_NUMBER_RUN: Final = re.compile(r"(?<!\d)\d{48}(?!\d)")

# Of any wallet: an extended key, a key file, a value that is called a secret.
_OTHERS: Final = (
    re.compile(r"[xyzt]prv[1-9A-HJ-NP-Za-km-z]{100,}"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(
        r"(?:secret|private[ _-]?key|(?:wallet|family)[ _-]?seed|mnemonic|passphrase|password|passwd|api[ _-]?key)"
        r"[\"']?\s*[=:]\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;]+)",
        re.IGNORECASE,
    ),
)


def hide_secrets(text: str) -> str:
    """Somebody's words without any secret in them, whatever its form; for what comes in."""
    return _hidden(text, _spans(text))


def secrets_in(text: str) -> list[str]:
    """The parts of a text that :func:`hide_secrets` hides."""
    return [text[start:end] for start, end in _spans(text)]


def excerpt(text: str, chars_max: int) -> str:
    """The beginning of somebody's words, as a message repeats them: printable, without a secret, ``...`` for the rest.

    The secret goes first: half of one, left by the cut, would not be known any more.
    """
    spans = [span for span in _spans(text[: chars_max + SECRET_CHARS_MAX]) if span[0] < chars_max]
    # Hiding makes the text shorter, and what comes after the cut must not move up: a secret there may be half of one.
    known = text[: max([chars_max, *(end for _, end in spans)])]
    shown = printable(_hidden(known, spans))
    return shown if len(shown) <= chars_max and known == text else f"{shown[: chars_max - 3]}..."


def hide_seeds(text: str) -> str:
    """A text without what can only be a secret: seeds, prefixed keys, a wallet's words; for what goes out, where hashes
    must stay.
    """
    found = [*_seeds(text), *(match.span() for match in _PREFIXED_KEY.finditer(text))]
    if _WORDS_IN_A_ROW.search(text):
        found += _bip39(text)
    return _hidden(text, _merged(found))


def hide_within(value: Any) -> Any:
    """Builtins in each text of which seeds are hidden; what is around them, and names them, stays as it is.

    A whole line of JSON is no such text: the names of its fields are words as well, and some are a wallet's.
    """
    if isinstance(value, str):
        return hide_seeds(value)
    if isinstance(value, Mapping):
        return {name: hide_within(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [hide_within(part) for part in value]
    return value


def _hidden(text: str, spans: Sequence[Span]) -> str:
    if not spans:
        return text
    ends = [(0, 0), *spans, (len(text), len(text))]
    return HIDDEN.join(text[before[1] : after[0]] for before, after in pairwise(ends))


def _spans(text: str) -> list[Span]:
    found = [*_seeds(text), *_spread_seeds(text), *_hex_runs(text), *_hex_groups(text)]
    found += [*_bip39(text), *_rfc1751(text), *_secret_numbers(text)]
    for pattern in _OTHERS:
        found += [match.span("value" if pattern.groups else 0) for match in pattern.finditer(text)]
    return _merged(found)


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _between(text: str, start: int, end: int) -> str:
    """What stands between two pieces of a secret, blanks left out: indented lines and columns keep none apart."""
    return "".join(text[start:end].split())


# --- Family seeds ------------------------------------------------------------------------------------------------


def _seeds(text: str) -> list[Span]:
    alone = [match.span() for match in _SEED_ALONE.finditer(text)]
    return [*alone, *_checked_seeds(text)]


def _checked_seeds(text: str) -> Iterator[Span]:
    """Seeds by their checksum, so that it makes no difference what they are glued to."""
    for match in _SEED_WITHIN.finditer(text):
        for length in _SEED_PREFIXES:
            word = match[1][:length]
            if is_family_seed(word):
                yield match.start(), match.start() + len(word)


def _spread_seeds(text: str) -> Iterator[Span]:
    """Seeds with blanks, line ends or punctuation between their characters."""
    places = [place for place, char in enumerate(text) if char.isascii() and char.isalnum()]
    for start, end in _checked_seeds("".join(text[place] for place in places)):
        yield places[start], places[end - 1] + 1


def is_family_seed(word: str) -> bool:
    """True if it is a family seed, its checksum included."""
    prefix = _SEED_PREFIXES.get(len(word))
    return prefix is not None and decoded(word, prefix, _ENTROPY_BYTES) is not None


# --- Keys in hex -------------------------------------------------------------------------------------------------


def _hex_runs(text: str) -> Iterator[Span]:
    listed_to = -1  # the end of the last that was called a hash: what is listed with it is one as well
    for match in _HEX_RUN.finditer(text):
        before = text[max(0, match.start() - _CALL_CHARS) : match.start()]
        is_listed = listed_to >= 0 and _AND.fullmatch(text, listed_to, match.start())
        if len(match[0]) in _HASH_DIGITS and (is_listed or _CALLED_A_HASH.search(before)):
            listed_to = match.end()
        # 40 digits are a commit or an account; digits alone are a number.
        elif len(match[0]) != min(_HASH_DIGITS) and not match[0].isdecimal():
            yield match.span()


def _hex_groups(text: str) -> Iterator[Span]:
    """Keys written in groups: ``ED 01 FA 53 ...``, ``ed01:fa53:...``; a UUID is none."""
    groups = list(_HEX_GROUP.finditer(text))
    for first, group in enumerate(groups):
        lengths: list[int] = []
        following = groups[first : first + _HEX_GROUPS_MOST]
        for before, after in zip([group, *following], following, strict=False):
            if lengths and not _GAP.fullmatch(_between(text, before.end(), after.start())):
                break
            lengths.append(len(after[1]))
            if sum(lengths) > max(_HEX_DIGITS):
                break
            digits = text[group.start() : after.end()]
            mixed = any(char.isdecimal() for char in digits) and any(char in "abcdefABCDEF" for char in digits)
            if sum(lengths) in _HEX_DIGITS and len(lengths) > 1 and tuple(lengths) != _UUID_GROUPS and mixed:
                yield group.start(), after.end()


# --- Words and numbers -------------------------------------------------------------------------------------------


def _word_runs(text: str, known: frozenset[str]) -> Iterator[list[re.Match[str]]]:
    """Words of a list that follow each other."""
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        near = not run or len(_between(text, run[-1].end(), word.start())) <= _WORD_GAP_CHARS
        if not near or word[0].lower() not in known:
            yield run
            run = []
        if word[0].lower() in known:
            run.append(word)
    yield run


def _bip39(text: str) -> Iterator[Span]:
    # The list has none of the words that hold a sentence together, so no sentence has a dozen of them in a row.
    for run in _word_runs(text, _BIP39_WRITTEN):
        if len(run) >= _BIP39_FEWEST:
            yield run[0].start(), run[-1].end()
    # Without anything between them: letters that are such words from end to end.
    for letters in _LETTERS.finditer(text):
        ends = {0}
        for start in range(len(letters[0])):
            if start in ends:
                ends |= {start + size for size in _BIP39_CHARS if letters[0][start : start + size].lower() in _BIP39}
        if len(letters[0]) in ends:
            yield letters.span()


def _rfc1751(text: str) -> Iterator[Span]:
    # This one has them, so the parity decides; in capitals nobody writes a sentence of such words.
    for run in _word_runs(text, frozenset(_RFC1751)):
        for first in range(len(run) - 2 * _RFC1751_HALF + 1):
            words = run[first : first + 2 * _RFC1751_HALF]
            halves = words[:_RFC1751_HALF], words[_RFC1751_HALF:]
            in_capitals = all(word[0].isupper() for word in words)
            if in_capitals or all(_parity_holds([word[0].lower() for word in half]) for half in halves):
                yield words[0].start(), words[-1].end()


def _parity_holds(words: Sequence[str]) -> bool:
    """True if the last two of the 66 bits are the sum of the pairs before. Source: RFC 1751."""
    bits = 0
    for word in words:
        bits = bits << 11 | _RFC1751[word]
    pairs = [bits >> place & 3 for place in range(0, 66, 2)]
    return sum(pairs[1:]) & 3 == pairs[0]


def _secret_numbers(text: str) -> Iterator[Span]:
    # Any eight that follow each other: what stands before or between them, an order's number or a row's, is no check.
    spans = [match.span() for match in _NUMBER.finditer(text)]
    for first in range(len(spans) - _NUMBERS + 1):
        eight = spans[first : first + _NUMBERS]
        near = all(len(_between(text, before[1], after[0])) <= _WORD_GAP_CHARS for before, after in pairwise(eight))
        if near and _checks_hold([text[start:end] for start, end in eight]):
            yield eight[0][0], eight[-1][1]
    for run in _NUMBER_RUN.finditer(text):
        if _checks_hold(re.findall(r"\d{6}", run[0])):
            yield run.span()


def _checks_hold(numbers: Sequence[str]) -> bool:
    """True if the last digit of each of the eight numbers checks its row."""
    return all(int(number[:5]) * (2 * row + 1) % 9 == int(number[5]) for row, number in enumerate(numbers))
