"""A clinic's own words: further aliases of topics and other words for fixed texts, proposed, published, withdrawn.

What is published belongs to what must be known of a clinic to answer and to text for it (``Clinic.overrides``), so the
clinic's version moves with it, and every process reads it anew. What was proposed by whom, and who approved it, is kept
for good. Whether a text may stand is judged by ``content.check`` and decided in ``scheduler.own_words``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.clinic_entry import Override, OverrideKind
from store.columns import Moment, key, metadata, one_of, owner
from store.database import Tx

OverrideState = Literal["proposed", "published", "withdrawn"]

content_override = sa.Table(
    "content_override",
    metadata,
    key(),
    owner(),
    sa.Column("kind", sa.Text, nullable=False),
    # Of an alias the topic, of a wording its key.
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("texts", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("proposed_at", Moment, nullable=False),
    sa.Column("approver", sa.Text),
    sa.Column("published_at", Moment),
    sa.Column("withdrawn_by", sa.Text),
    sa.Column("withdrawn_at", Moment),
    one_of("kind", get_args(OverrideKind)),
    one_of("state", get_args(OverrideState)),
)
sa.Index("ix_content_override_clinic_id", content_override.c.clinic_id, content_override.c.id)
sa.Index(
    "ix_content_override_published",
    content_override.c.clinic_id,
    sqlite_where=content_override.c.state == "published",
    postgresql_where=content_override.c.state == "published",
)


@dataclass(frozen=True, slots=True)
class OwnWords:
    """One change of the content, with its text in each language that it has one in.

    ``about`` is the topic of an alias, or the key of a fixed text. ``author`` and ``approver`` are named as the audit
    names them; where a clinic needs one person only, both may be the same. A proposal that is refused or taken back,
    and what is in use no more, is ``withdrawn``.
    """

    id: int
    clinic_id: int
    kind: OverrideKind
    about: str
    texts: Mapping[str, str]
    state: OverrideState
    author: str
    proposed_at: datetime
    approver: str | None
    published_at: datetime | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None

    @property
    def rows(self) -> tuple[Override, ...]:
        """Its rows as the content takes them."""
        return tuple(Override(self.kind, self.about, language, text) for language, text in self.texts.items())


# As much of the clinic's table as changes with its words; `store.clinics` has all of it, and reads what is published.
_clinic = sa.table("clinic", sa.column("id"), sa.column("version"), sa.column("changed_at", Moment))
# A word and not a parameter: only so does SQLite see that the partial index will do.
_IS_PUBLISHED = content_override.c.state == sa.literal_column("'published'")
_PUBLISHED = (
    sa.select(content_override).where(_IS_PUBLISHED).order_by(content_override.c.clinic_id, content_override.c.id)
)


def propose(
    tx: Tx, now: datetime, clinic_id: int, kind: OverrideKind, about: str, texts: Mapping[str, str], by: str
) -> OwnWords:
    """A change that somebody else is to approve: nothing is said or understood otherwise yet."""
    values = {
        "clinic_id": clinic_id,
        "kind": kind,
        "about": about,
        "texts": dict(texts),
        "state": "proposed",
        "author": by,
        "proposed_at": now,
    }
    return _as_words(tx.conn.execute(sa.insert(content_override).returning(content_override), values).one())


def publish(tx: Tx, now: datetime, words: OwnWords, by: str) -> bool:
    """From now on the clinic's texts are said and understood so; False where it is no proposal any more.

    What was published of the same fixed text is withdrawn by it.
    """
    if not _move(tx, words, "proposed", {"state": "published", "approver": by, "published_at": now}):
        return False
    if words.kind == "wording":
        tx.conn.execute(
            sa.update(content_override)
            .where(
                content_override.c.clinic_id == words.clinic_id,
                content_override.c.state == "published",
                content_override.c.kind == words.kind,
                content_override.c.about == words.about,
                content_override.c.id != words.id,
            )
            .values(state="withdrawn", withdrawn_by=by, withdrawn_at=now)
        )
    _move_clinic(tx, now, words.clinic_id)
    return True


def withdraw(tx: Tx, now: datetime, words: OwnWords, by: str) -> bool:
    """Takes a proposal back, or what is published out of use; False where its state is another by now."""
    if not _move(tx, words, words.state, {"state": "withdrawn", "withdrawn_by": by, "withdrawn_at": now}):
        return False
    if words.state == "published":
        _move_clinic(tx, now, words.clinic_id)
    return True


def one(tx: Tx, clinic_id: int, words_id: int) -> OwnWords | None:
    """A change of this clinic."""
    asked = sa.select(content_override).where(
        content_override.c.clinic_id == clinic_id, content_override.c.id == words_id
    )
    row = tx.conn.execute(asked).one_or_none()
    return None if row is None else _as_words(row)


def of_clinic(
    tx: Tx, clinic_id: int, kind: OverrideKind, states: Sequence[OverrideState], limit: int = 200
) -> list[OwnWords]:
    """The newest changes of a clinic of one kind in these states, the newest first."""
    asked = (
        sa.select(content_override)
        .where(
            content_override.c.clinic_id == clinic_id,
            content_override.c.kind == kind,
            content_override.c.state.in_(states),
        )
        .order_by(content_override.c.id.desc())
        .limit(limit)
    )
    return [_as_words(row) for row in tx.conn.execute(asked)]


def published(tx: Tx, clinic_id: int | None = None) -> dict[int, tuple[Override, ...]]:
    """What is published, by clinic, in the order in which it was proposed; of one clinic alone, or of all."""
    asked = _PUBLISHED if clinic_id is None else _PUBLISHED.where(content_override.c.clinic_id == clinic_id)
    found: dict[int, tuple[Override, ...]] = {}
    for row in tx.conn.execute(asked):
        words = _as_words(row)
        found[words.clinic_id] = (*found.get(words.clinic_id, ()), *words.rows)
    return found


def _move(tx: Tx, words: OwnWords, state: OverrideState, values: dict[str, Any]) -> bool:
    is_so = (
        content_override.c.clinic_id == words.clinic_id,
        content_override.c.id == words.id,
        content_override.c.state == state,
    )
    return tx.conn.execute(sa.update(content_override).where(*is_so).values(**values)).rowcount > 0


def _move_clinic(tx: Tx, now: datetime, clinic_id: int) -> None:
    values = {"changed_at": now, "version": _clinic.c.version + 1}
    tx.conn.execute(sa.update(_clinic).where(_clinic.c.id == clinic_id).values(values))


def _as_words(row: sa.Row[Any]) -> OwnWords:
    return OwnWords(**row._mapping)
