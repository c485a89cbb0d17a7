"""Templates that WhatsApp approved, by which a clinic may write first, and whom it may answer freely."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.columns import Id, Moment, add_or_replace, among, metadata
from store.database import Tx
from store.messages import message
from store.prepared import Prepared

whatsapp_template = sa.Table(
    "whatsapp_template",
    metadata,
    sa.Column("clinic_id", Id, sa.ForeignKey("clinic.id"), primary_key=True),
    sa.Column("template", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, primary_key=True),
    sa.Column("content_sid", sa.Text, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("set_at", Moment, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Template:
    """What was approved in place of a wording key in a language. ``words``: the text as it was then, with its {names}.

    The variables of the template, {{1}} and so on, are those names in the order in which they first stand there.
    """

    clinic_id: int
    template: str
    language: str
    content_sid: str
    words: str
    set_at: datetime


_SET = add_or_replace(whatsapp_template)
_OF_CLINICS = Prepared(sa.select(whatsapp_template).where(among(whatsapp_template.c.clinic_id, "clinics")))
_HEARD = Prepared(
    sa.select(message.c.contact_id)
    .where(
        among(message.c.contact_id, "contacts"),
        message.c.direction == "in",
        message.c.via == "whatsapp",
        message.c.created_at > sa.bindparam("since", type_=Moment),
    )
    .distinct()
)


def set_template(tx: Tx, template: Template) -> None:
    """That this template was approved; it takes the place of the one there was."""
    row = {column.name: getattr(template, column.name) for column in whatsapp_template.c}
    tx.conn.execute(_SET[tx.dialect], row)


def remove_template(tx: Tx, clinic_id: int, template: str, language: str) -> bool:
    """That a template may no longer be used; whether there was one."""
    of = whatsapp_template.c
    gone = sa.delete(whatsapp_template).where(
        of.clinic_id == clinic_id, of.template == template, of.language == language
    )
    return tx.conn.execute(gone).rowcount > 0


def templates(tx: Tx, clinic_ids: Sequence[int]) -> dict[tuple[int, str, str], Template]:
    """The templates of these clinics, by clinic, wording key and language."""
    found = [Template(*row) for row in _OF_CLINICS.every(tx, clinics=list(clinic_ids))]
    return {(each.clinic_id, each.template, each.language): each for each in found}


def heard_since(tx: Tx, contact_ids: Sequence[int], since: datetime) -> frozenset[int]:
    """Who of these contacts wrote by WhatsApp after a moment."""
    return frozenset(row[0] for row in _HEARD.every(tx, contacts=list(contact_ids), since=since))
