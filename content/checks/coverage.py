"""What must be there: every claim of the source text, a source under every medical fact, the right numbers."""

from content.checks.texts import Report, facts
from content.library import Library
from content.model import Fact, SeedClaim
from content.phrases import plain

CLAIMS = tuple(f"S{number}" for number in range(1, 42))
"""The claims of the source text."""

NUMBERS = {
    "us": {"emergency": "911", "crisis": "988", "poison": "1-800-222-1222"},
    "uk": {"emergency": "999", "crisis": "111"},
    "eu": {"emergency": "112"},
    "mx": {"emergency": "911"},
    "au": {"emergency": "000"},
    "ca": {"emergency": "911", "crisis": "988"},
}
"""The numbers of the packs a second time: a slip of the finger in one of the two places is found."""

LEVELS = {
    "emergency": {"breath", "chest", "collapse", "anaphylaxis", "bleed"},
    "crisis": {"crisis"},
    "overdose": {"overdose"},
}
"""The danger signs that may have no lower level, a second time; any other sign is call_now or above."""

_SEED = "SEED"
_NO_CLAIM = ("limit", "engine")


def check(library: Library, report: Report) -> None:
    """Rules ``claims``, ``source``, ``repeated``, ``level`` and ``wrong-number``."""
    for name in CLAIMS:
        if name not in library.seed_claims:
            report.at("seed_claims.toml", "claims", f"{name} is missing: the source text makes 41 claims, S1 to S41")
    for name, claim in library.seed_claims.items():
        if name not in CLAIMS:
            report.at("seed_claims.toml", "claims", f"the source text has no claim {name}: remove it", name)
        _check_claim(library, report, claim)
    for topic in library.topics.values():
        for number, fact in enumerate(topic.facts):
            if mend := _sources_mend(fact):
                report.at(f"topics/{topic.id}.toml", "source", f"{fact.id}: {mend}", "fact", number)
    _check_repeated(library, report)
    _check_levels(library, report)
    for code, country in library.countries.items():
        for name, known in NUMBERS.get(code, {}).items():
            line = country.lines.get(name)
            if line is None or line.number != known:
                mend = f"here stands {known} as far as we know: put it right, or change it in content/checks too"
                report.at(f"countries/{code}.toml", "wrong-number", mend, name, "number")


def _check_repeated(library: Library, report: Report) -> None:
    first: dict[str, str] = {}
    for written in facts(library):
        owner = first.setdefault(written.text, written.key)
        if owner != written.key:
            report.on(written, "repeated", f"{owner} says the same: write what this fact is for, or remove it")


def _check_levels(library: Library, report: Report) -> None:
    for sign in library.danger.values():
        known = next((level for level, signs in LEVELS.items() if sign.id in signs), None)
        if sign.level != known and (known is not None or sign.level == "same_day"):
            mend = f"'{sign.id}' is {known or 'call_now'} as far as we know: put it right, or change content/checks too"
            report.at(f"danger/{sign.id}.toml", "level", mend, "level")


def _check_claim(library: Library, report: Report, claim: SeedClaim) -> None:
    covering = [fact for fact in library.facts.values() if claim.id in fact.seed_claims]
    if not covering:
        mend = f"no fact covers it any more ({claim.claim}): name it in the seed_claims of one that says it"
        report.at("seed_claims.toml", "claims", f"{claim.id}: {mend}", claim.id)
        return
    for language, words in claim.words.items():
        if not any(all(word in plain(fact.text[language]) for word in words) for fact in covering):
            names = ", ".join(fact.id for fact in covering)
            mend = f"{names} does not say it any more in '{language}' ({claim.claim}): it needs {', '.join(words)}"
            report.at("seed_claims.toml", "claims", f"{claim.id}: {mend}", claim.id, language)


def _sources_mend(fact: Fact) -> str | None:
    if fact.kind in _NO_CLAIM:
        return "a fact of this kind makes no medical claim, so it covers none" if fact.seed_claims else None
    if not fact.sources:
        return "a medical fact names the page that it rests on: add sources = [...]"
    if fact.kind == "seed" and not (_SEED in fact.sources and fact.seed_claims):
        return 'a fact of the source text names "SEED" under sources, and its claims under seed_claims'
    if fact.kind != "seed" and fact.seed_claims:
        return 'it covers claims of the source text: kind = "seed"'
    if fact.kind == "inference" and fact.review is None:
        return 'an inference says what a clinician must agree to: review = "needed: ..."'
    return None
