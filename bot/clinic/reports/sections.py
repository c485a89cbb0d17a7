"""What each report says: a table, and where it helps a chart of the same figures."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from statistics import quantiles
from typing import Any, Literal

from flask_babel import gettext as _

from bot.clinic.reports.period import Period
from bot.clinic.reports.words import command_name, fault_name, gate_name, network_name, outcome_name, urgency_name
from content.library import Library
from store.reporting import NONE, Acknowledged, Count, Tally, What

Form = Literal["words", "code", "number", "share", "money", "minutes"]
Value = str | int | float | None

CONFIRMED, CHANGE_ASKED = {"confirmed", "kept+confirmed"}, {"change_asked", "kept+change_asked"}
"""Our replies to a C that confirms a visit, and to an R: a C may also answer the first text, or mean nothing.

With "kept" they came while the database was down, and were done when it was back.
"""

_GOING = {"sending", "unknown", "accepted", "sent"}
_TAKEN = {"accepted", "sent", "delivered", "undelivered"}
_FAILED = {"failed", "undelivered"}
_NOT_SENT = {"expired", "cancelled"}
_WEEK = 7
_MOST_DRAWN = 12


@dataclass(frozen=True, slots=True)
class Column:
    """The name of a column, and how its values are written."""

    name: str
    form: Form = "number"


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars: ``series`` of a name and a value for each label; upon each other, or lying where the labels are long."""

    labels: Sequence[str]
    series: Sequence[tuple[str, Sequence[float]]]
    lying: bool = False

    def drawn(self) -> dict[str, Any]:
        """What the script draws it of."""
        return {
            "labels": list(self.labels),
            "series": [{"name": name, "values": list(values)} for name, values in self.series],
            "lying": self.lying,
        }


@dataclass(frozen=True, slots=True)
class Section:
    """One report. The first value of a row says what it is about; ``total`` is the row below all."""

    id: str
    title: str
    note: str
    head: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    total: Sequence[Value] | None = None
    chart: Chart | None = None


@dataclass(frozen=True)
class Figures:
    """All that the reports of a time are made from. ``segment_micros``: what a segment costs, in millionths."""

    period: Period
    sums: Tally
    days: Sequence[Count]
    alerts: Sequence[Acknowledged]
    library: Library
    language: str
    segment_micros: int | None

    def by(self, what: What) -> dict[str, int]:
        """What there was of a kind, the most first."""
        found = {item: number for (kind, item), number in self.sums.items() if kind == what}
        return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))

    def course(self, what: What, items: Collection[str] | None = None) -> dict[date, int]:
        """How many of a kind there were in each day, week or month; of these items, or of all."""
        found = dict.fromkeys(self._begins, 0)
        for (kind, item), numbers in self._courses.items():
            if kind == what and (items is None or item in items):
                for begin, number in numbers.items():
                    found[begin] += number
        return found

    @cached_property
    def _begins(self) -> list[date]:
        return self.period.begins()

    @cached_property
    def _courses(self) -> Mapping[tuple[What, str], Mapping[date, int]]:
        found: dict[tuple[What, str], Counter[date]] = defaultdict(Counter)
        begin_of = cache(self.period.begin_of)
        for each in self.days:
            found[each.what, each.item][begin_of(each.day)] += each.number
        return found


def all_sections(figures: Figures) -> list[Section]:
    """Every report, in the order in which they stand on the page."""
    return [make(figures) for make in _SECTIONS.values()]


def section(figures: Figures, name: str) -> Section | None:
    """The report of this name."""
    make = _SECTIONS.get(name)
    return None if make is None else make(figures)


def _texts(figures: Figures) -> Section:
    columns = {
        _("Delivered"): figures.course("out", {"delivered"}),
        _("On the way"): figures.course("out", _GOING),
        _("Failed"): figures.course("out", _FAILED),
        _("Not sent"): figures.course("out", _NOT_SENT),
    }
    return _over_time(
        figures,
        "texts",
        _("Texts"),
        _(
            "Each on the day on which it was made or came in. Sent: delivered, on the way or failed, which means that "
            "it did not arrive. Not sent: something kept it."
        ),
        {_("Came in"): figures.course("in"), _("Sent"): figures.course("out", _TAKEN | _GOING | _FAILED)} | columns,
        drawn=columns,
    )


def _failed(figures: Figures) -> Section:
    found = figures.by("failed")
    tried = sum(figures.by("out").get(state, 0) for state in _TAKEN | _FAILED)
    return Section(
        "failed",
        _("Failed, by reason"),
        _("What the network said of texts that did not arrive, and their share of all that were sent."),
        (
            Column(_("Code"), "code"),
            Column(_("What it means"), "words"),
            Column(_("Texts")),
            Column(_("Share"), "share"),
        ),
        [(_named(code), fault_name(code), number, _share(number, tried)) for code, number in found.items()],
    )


def _kept(figures: Figures) -> Section:
    return Section(
        "kept",
        _("Not sent, by reason"),
        _("What kept texts from going. Most of it is as it should be: a plan was changed, or somebody opted out."),
        (Column(_("Reason"), "code"), Column(_("What it means"), "words"), Column(_("Texts"))),
        [(_named(gate), gate_name(gate), number) for gate, number in figures.by("kept").items()],
    )


def _answers(figures: Figures) -> Section:
    columns = {
        _("C: they come"): figures.course("template", CONFIRMED),
        _("R: another time"): figures.course("template", CHANGE_ASKED),
    }
    return _over_time(
        figures,
        "answers",
        _("Visits confirmed"),
        _("What patients answered of their visits. A C that confirms no visit is not counted."),
        columns,
        drawn=columns,
    )


def _understood(figures: Figures) -> Section:
    found = figures.by("in")
    total = sum(found.values())
    rows = [(outcome_name(kind), number, _share(number, total)) for kind, number in found.items()]
    return Section(
        "understood",
        _("What texts were taken for"),
        _("Texts that came in. What was not understood is in the inbox, where it can be taught."),
        (Column(_("Taken for"), "words"), Column(_("Texts")), Column(_("Share"), "share")),
        rows,
        (_("All"), total, None),
        _lying([name for name, *_rest in rows], _("Texts"), [number for _name, number, _part in rows]),
    )


def _keywords(figures: Figures) -> Section:
    topics = figures.library.topics
    found: list[tuple[str, str, int]] = []
    for name, number in figures.by("topic").items():
        keyword = topics[name].keyword.get(figures.language, "") if name in topics else ""
        found.append((keyword or name, _("topic"), number))
    found += [(command_name(name), _("command"), number) for name, number in figures.by("command").items()]
    found.sort(key=lambda each: (-each[2], each[0]))
    drawn = found[:_MOST_DRAWN]
    return Section(
        "keywords",
        _("Keywords used"),
        _("Topics and commands that texts were taken for, whatever their words were."),
        (Column(_("Keyword"), "code"), Column(_("Kind"), "words"), Column(_("Texts"))),
        found,
        chart=_lying([name for name, *_rest in drawn], _("Texts"), [number for *_rest, number in drawn]),
    )


def _opt_outs(figures: Figures) -> Section:
    went = figures.by("template")
    return Section(
        "opt_outs",
        _("Opt-outs by template"),
        _("Who said STOP or asked for a pause, by the last text they had got before."),
        (Column(_("Last text before"), "code"), Column(_("Opt-outs")), Column(_("Texts of it")), Column(_("Of 1,000"))),
        [
            (_named(name), number, went.get(name, 0), _ratio(1000 * number, went.get(name, 0)))
            for name, number in figures.by("opt_out").items()
        ],
    )


def _urgent(figures: Figures) -> Section:
    days = figures.course("patients")
    graver, other = figures.course("alert", {"3"}), figures.course("alert", {"2"})
    names = [figures.period.name(begin) for begin in days]
    rates = [_ratio(100 * (graver[begin] + other[begin]), days[begin] / _WEEK) for begin in days]
    alerts, weeks = sum(graver.values()) + sum(other.values()), sum(days.values()) / _WEEK
    rate = _("Alerts per 100 patient-weeks")
    return Section(
        "urgent",
        _("Urgent texts"),
        _("Alerts that were opened, and how many that is for each 100 weeks that patients were enrolled."),
        (
            Column(_("When"), "words"),
            Column(urgency_name(3)),
            Column(urgency_name(2)),
            Column(_("Patient-weeks")),
            Column(rate),
        ),
        [
            (name, graver[begin], other[begin], round(days[begin] / _WEEK, 1), each)
            for name, begin, each in zip(names, days, rates, strict=True)
        ],
        (_("All"), sum(graver.values()), sum(other.values()), round(weeks, 1), _ratio(100 * alerts, weeks)),
        Chart(names, [(rate, [each or 0 for each in rates])]),
    )


def _seen(figures: Figures) -> Section:
    rows: list[Sequence[Value]] = []
    for urgency in (3, 2):
        alerts = [each for each in figures.alerts if each.urgency == urgency]
        waits = sorted(
            # Clocks of two machines may differ by a little.
            max(0.0, (each.seen_at - each.rung_at) / timedelta(minutes=1))
            for each in alerts
            if each.seen_at is not None
        )
        rows.append(
            (
                urgency_name(urgency),
                len(alerts),
                len(alerts) - len(waits),
                _part(waits, 5),
                _part(waits, 9),
                round(waits[-1], 1) if waits else None,
            )
        )
    return Section(
        "seen",
        _("Time until somebody saw an alert"),
        _("From the latest text of an alert until somebody took it, in minutes."),
        (
            Column(_("Alert"), "words"),
            Column(_("Alerts")),
            Column(_("Not seen yet")),
            Column(_("Half within"), "minutes"),
            Column(_("Nine of ten within"), "minutes"),
            Column(_("Longest"), "minutes"),
        ),
        rows,
    )


def _segments(figures: Figures) -> Section:
    networks = {network_name(via): figures.course("segments", {via}) for via in ("sms", "whatsapp")}
    all_of_them = {begin: sum(each[begin] for each in networks.values()) for begin in figures.period.begins()}
    names = [figures.period.name(begin) for begin in all_of_them]
    rows = [
        (name, *(each[begin] for each in networks.values()), _cost(all_of_them[begin], figures.segment_micros))
        for name, begin in zip(names, all_of_them, strict=True)
    ]
    total = sum(all_of_them.values())
    return Section(
        "segments",
        _("Segments and cost"),
        _("Parts of texts that the network took, as it counts them. What came in is not among them."),
        (Column(_("When"), "words"), *(Column(name) for name in networks), Column(_("Cost"), "money")),
        rows,
        (_("All"), *(sum(each.values()) for each in networks.values()), _cost(total, figures.segment_micros)),
        Chart(names, [(name, list(each.values())) for name, each in networks.items()]),
    )


_SECTIONS: Mapping[str, Callable[[Figures], Section]] = {
    "texts": _texts,
    "failed": _failed,
    "kept": _kept,
    "answers": _answers,
    "understood": _understood,
    "keywords": _keywords,
    "opt_outs": _opt_outs,
    "urgent": _urgent,
    "seen": _seen,
    "segments": _segments,
}


def _over_time(
    figures: Figures,
    name: str,
    title: str,
    note: str,
    columns: Mapping[str, Mapping[date, int]],
    *,
    drawn: Mapping[str, Mapping[date, int]],
) -> Section:
    """A line for each day, week or month, with these columns; some of them are drawn."""
    begins = figures.period.begins()
    names = [figures.period.name(begin) for begin in begins]
    return Section(
        name,
        title,
        note,
        (Column(_("When"), "words"), *(Column(column) for column in columns)),
        [(label, *(each[begin] for each in columns.values())) for label, begin in zip(names, begins, strict=True)],
        (_("All"), *(sum(each.values()) for each in columns.values())),
        Chart(names, [(column, list(each.values())) for column, each in drawn.items()]),
    )


def _lying(labels: Sequence[str], name: str, values: Sequence[int]) -> Chart | None:
    return Chart(labels, [(name, values)], lying=True) if labels else None


def _named(item: str) -> str:
    return str(_("none") if item == NONE else item)


def _cost(segments: int, micros: int | None) -> float | None:
    return None if micros is None else round(segments * micros / 1_000_000, 2)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 1) if whole else None


def _part(waits: Sequence[float], tenths: int) -> float | None:
    """Within how many minutes so many tenths of the waits were over."""
    if not waits:
        return None
    return round(waits[0] if len(waits) == 1 else quantiles(waits, n=10, method="inclusive")[tenths - 1], 1)
