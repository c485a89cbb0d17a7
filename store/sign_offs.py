"""What a clinic signed off, word by word, the sign-offs that wait for a second person, and those of the past.

The sign-offs themselves are in `store.clinics`, since they belong to what must be known of a clinic to text for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa

from store.clinics import content_sign_off, regimen_sign_off
from store.columns import Moment, for_both, key, metadata, one_of, owner
from store.database import Tx

ProposalState = Literal["open", "approved", "taken_back"]

sign_off_proposal = sa.Table(
    "sign_off_proposal",
    metadata,
    key(),
    owner(),
    # NULL: of the content.
    sa.Column("regimen_id", sa.Text),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", Moment, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("settled_by", sa.Text),
    sa.Column("settled_at", Moment),
    one_of("state", get_args(ProposalState)),
)
sa.Index("ix_sign_off_proposal_clinic_id", sign_off_proposal.c.clinic_id, sign_off_proposal.c.id)

signed_text = sa.Table(
    "signed_text",
    metadata,
    # The version of the content, or the digest of a regimen: the same for every clinic that signed it.
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """That somebody asks a second person to sign off the content (``regimen_id`` None) or a regimen as it is.

    ``version`` as people read it, ``digest`` what it is exactly.
    """

    id: int
    clinic_id: int
    regimen_id: str | None
    version: str
    digest: str
    proposed_by: str
    proposed_at: datetime
    state: ProposalState
    settled_by: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A sign-off as it was given. ``approved_by``: the second person, None where one signed alone.

    ``withdrawn_at`` and ``withdrawn_by``: when the clinic took a regimen out of use, and who.
    """

    version: str
    digest: str
    signed_by: str
    signed_at: datetime
    approved_by: str | None
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None


_KEEP = for_both(lambda insert: insert(signed_text).on_conflict_do_nothing())


def add_proposal(
    tx: Tx, now: datetime, clinic_id: int, regimen_id: str | None, version: str, digest: str, by: str
) -> Proposal:
    """Asks for a second person's sign-off."""
    row = {
        "clinic_id": clinic_id,
        "regimen_id": regimen_id,
        "version": version,
        "digest": digest,
        "proposed_by": by,
        "proposed_at": now,
        "state": "open",
    }
    added = tx.conn.execute(sa.insert(sign_off_proposal).returning(sign_off_proposal), row).one()
    return Proposal(**added._mapping)


def get_proposal(tx: Tx, clinic_id: int, proposal_id: int) -> Proposal | None:
    """A proposal of this clinic."""
    table = sign_off_proposal
    row = tx.conn.execute(sa.select(table).where(table.c.clinic_id == clinic_id, table.c.id == proposal_id)).first()
    return None if row is None else Proposal(**row._mapping)


def open_proposals(tx: Tx, clinic_id: int) -> list[Proposal]:
    """What waits for a second person, the oldest first."""
    table = sign_off_proposal
    found = sa.select(table).where(table.c.clinic_id == clinic_id, table.c.state == "open").order_by(table.c.id)
    return [Proposal(**row._mapping) for row in tx.conn.execute(found)]


def settle_proposal(tx: Tx, now: datetime, proposal_id: int, state: ProposalState, by: str) -> bool:
    """Ends a proposal; False where somebody else was quicker."""
    table = sign_off_proposal
    values = {"state": state, "settled_by": by, "settled_at": now}
    statement = sa.update(table).where(table.c.id == proposal_id, table.c.state == "open").values(**values)
    return tx.conn.execute(statement).rowcount == 1


def content_history(tx: Tx, clinic_id: int, limit: int = 20) -> list[Signed]:
    """The clinic's sign-offs of the content, the newest first."""
    table = content_sign_off
    rows = tx.conn.execute(
        sa.select(table).where(table.c.clinic_id == clinic_id).order_by(table.c.id.desc()).limit(limit)
    )
    return [
        Signed(row.content_version, row.content_version, row.signed_by, row.signed_at, row.approved_by) for row in rows
    ]


def regimen_history(tx: Tx, clinic_id: int) -> Mapping[str, list[Signed]]:
    """The clinic's sign-offs of regimens by their ids, the newest first, those that were withdrawn too."""
    table = regimen_sign_off
    found: dict[str, list[Signed]] = {}
    newest_first = (table.c.signed_at.desc(), table.c.id.desc())
    for row in tx.conn.execute(sa.select(table).where(table.c.clinic_id == clinic_id).order_by(*newest_first)):
        found.setdefault(row.regimen_id, []).append(
            Signed(
                str(row.version),
                row.digest,
                row.signed_by,
                row.signed_at,
                row.approved_by,
                row.withdrawn_at,
                row.withdrawn_by,
            )
        )
    return found


def keep_text(tx: Tx, digest: str, body: str) -> None:
    """Keeps what a sign-off is about, so that it can be compared with what comes later."""
    tx.conn.execute(_KEEP[tx.dialect], {"digest": digest, "body": body})


def kept_text(tx: Tx, digest: str) -> str | None:
    """What was signed off under a version or digest; None where it was signed before such texts were kept."""
    return tx.conn.execute(sa.select(signed_text.c.body).where(signed_text.c.digest == digest)).scalar()
