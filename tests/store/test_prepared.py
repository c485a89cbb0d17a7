"""That the short way to the driver gives and takes the same as the long one."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
import sqlalchemy as sa

from store import messages
from store.columns import Id, Moment, among, for_both
from store.database import Database
from store.prepared import Prepared, PreparedMany
from tests.store.sample import NOW, VISIT, add_received, add_sample

things = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", Moment),
    sa.Column("day", sa.Date),
    sa.Column("time", sa.Time),
    sa.Column("args", sa.JSON),
    sa.Column("on", sa.Boolean),
    sa.Column("word", sa.Text, unique=True),
    sa.Column("token", sa.LargeBinary),
    prefixes=["TEMPORARY"],
)
ADD = Prepared(
    for_both(
        lambda insert: insert(things).values(word="constant % word").on_conflict_do_nothing().returning(things.c.id)
    ),
    *(column.name for column in things.c if column.name not in {"id", "word"}),
)
ALL = sa.select(things)
ONE = Prepared(ALL.where(things.c.id == sa.bindparam("number"), things.c.word == "constant % word"))
SET = Prepared(sa.update(things).where(things.c.id == sa.bindparam("number")), "at", "day")

ROWS = (
    dict.fromkeys(("at", "day", "time", "args", "on", "token")),
    {
        "at": datetime(2026, 3, 8, 6, 59, 59, 999999, UTC),
        "day": date(2026, 3, 8),
        "time": time(9, 30),
        "args": {"item": "niño", "n": [1, None]},
        "on": True,
        "token": b"\x00\xff",
    },
    {"at": NOW, "day": date(1, 1, 1), "time": time.min, "args": {}, "on": False, "token": b""},
)


@pytest.mark.parametrize("row", ROWS)
def test_every_type_comes_back_as_it_does_the_long_way(database: Database, row: dict[str, object]) -> None:
    with database.writing() as tx:
        things.create(tx.conn)
        number = ADD.one(tx, **row)
        assert number is not None
        short = ONE.one(tx, number=number[0])
        (every,) = ONE.every(tx, number=number[0])
        long = tx.conn.execute(ALL).one()
    assert short is not None
    assert list(short) == list(every) == list(long)
    assert long._asdict() == row | {"id": number[0], "word": "constant % word"}
    assert long.at is None or long.at.tzinfo is UTC


@pytest.mark.parametrize("numbers", [[], [2], [3, 1, 3, 99], list(range(2, 5_000))])
def test_a_list_is_one_parameter_however_long_it_is(database: Database, numbers: list[int]) -> None:
    by_number = ALL.where(among(things.c.id, "numbers")).order_by(things.c.id)
    with database.writing() as tx:
        things.create(tx.conn)
        tx.conn.execute(sa.insert(things), [{"id": number} for number in (1, 2, 3)])
        short = Prepared(by_number).every(tx, numbers=numbers)
        long = tx.conn.execute(by_number, {"numbers": numbers}).all()
    assert [row[0] for row in short] == sorted({1, 2, 3} & set(numbers))
    assert [list(row) for row in short] == [list(row) for row in long]


def test_a_list_of_words_is_looked_up_as_it_is_written(database: Database) -> None:
    words = ["it's", '"quoted"', "niño", "100 %", "not there"]
    with database.writing() as tx:
        things.create(tx.conn)
        tx.conn.execute(sa.insert(things), [{"word": word} for word in words[:-1]])
        found = Prepared(sa.select(things.c.word).where(among(things.c.word, "words"))).every(tx, words=words)
    assert {word for (word,) in found} == set(words[:-1])


def test_a_moment_of_another_zone_is_the_same_moment(database: Database) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-5)))
    with database.writing() as tx:
        things.create(tx.conn)
        ADD.one(tx, **(ROWS[0] | {"at": elsewhere}))
        (moment,) = tx.conn.execute(sa.select(things.c.at)).scalars()
    assert moment == elsewhere
    assert moment.tzinfo is UTC


def test_moments_sort_as_they_follow_each_other(database: Database) -> None:
    moments = [
        datetime(999, 12, 31, tzinfo=UTC),
        datetime(2026, 3, 2, 15, 30, tzinfo=UTC),
        datetime(2026, 3, 2, 15, 30, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 2, 12, 0, tzinfo=timezone(timedelta(hours=-5))),
    ]
    with database.writing() as tx:
        things.create(tx.conn)
        tx.conn.execute(sa.insert(things), [{"at": moment} for moment in reversed(moments)])
        assert list(tx.conn.execute(sa.select(things.c.at).order_by(things.c.at)).scalars()) == moments


def test_nothing_comes_back_from_a_conflict_or_from_no_row(database: Database) -> None:
    with database.writing() as tx:
        things.create(tx.conn)
        assert ADD.one(tx, **ROWS[0]) is not None
        assert ADD.one(tx, **ROWS[0]) is None
        assert ONE.one(tx, number=99) is None
        assert ONE.every(tx, number=99) == []


def test_a_value_that_is_missing_is_a_mistake_and_not_a_null(database: Database) -> None:
    with database.writing() as tx:
        things.create(tx.conn)
        with pytest.raises(KeyError):
            ADD.one(tx, at=NOW)
        with pytest.raises(KeyError):
            SET.run_many(tx, [{"number": 1, "at": NOW}])


def test_many_rows_share_what_they_have_in_common(database: Database) -> None:
    with database.writing() as tx:
        things.create(tx.conn)
        tx.conn.execute(sa.insert(things), [{"id": number} for number in (1, 2, 3)])
        days = [{"number": number, "day": VISIT} for number in (1, 2, 99)]
        assert SET.run_many(tx, days, at=NOW) == 2
        assert SET.run_many(tx, [], at=NOW) == 0
        found = tx.conn.execute(sa.select(things.c.day, things.c.at).order_by(things.c.id)).all()
    assert found == [(VISIT, NOW), (VISIT, NOW), (None, None)]


_BROUGHT = {name: things.c[name] for name in ("at", "day", "time", "on", "token")}
SET_MANY = PreparedMany(
    lambda given: (
        sa.update(things)
        .where(things.c.id == given["id"])
        .values({name: given[name] for name in _BROUGHT})
        .values(word=sa.bindparam("said"))
    ),
    id=things.c.id,
    **_BROUGHT,
)
ADD_MANY = PreparedMany(
    lambda given: sa.insert(things).from_select(
        [*given, "at"], sa.select(*given.values(), sa.bindparam("now", type_=Moment))
    ),
    id=things.c.id,
    word=things.c.word,
)


def test_rows_that_are_written_at_once_are_as_those_written_one_by_one(database: Database) -> None:
    rows = [{name: row[name] for name in _BROUGHT} | {"id": number} for number, row in enumerate(ROWS, 1)]
    with database.writing() as tx:
        things.create(tx.conn)
        added = [{"id": number, "word": f"it's 100 % niño {number}"} for number in range(1, 300)]
        assert ADD_MANY.run(tx, added, now=NOW) == 299
        assert SET_MANY.run(tx, [*rows[1:], rows[1] | {"id": 999}], said=None) == 2
        assert SET_MANY.run(tx, rows[:1], said="none of it is there") == 1
        assert SET_MANY.run(tx, [], said=None) == 0
        with pytest.raises(KeyError):
            SET_MANY.run(tx, [{"id": 1}], said=None)
        found = tx.conn.execute(ALL.where(things.c.id <= 4).order_by(things.c.id)).all()
    assert [{name: each._asdict()[name] for name in rows[0]} for each in found[:3]] == rows
    assert [each.word for each in found] == ["none of it is there", None, None, "it's 100 % niño 4"]
    assert found[3].at == NOW


def test_what_the_short_way_wrote_the_whole_store_reads(database: Database) -> None:
    with database.writing() as tx:
        number = add_received(tx, add_sample(tx), "HELP")
    with database.reading() as tx:
        found = messages.get_message(tx, number)
    assert found is not None
    assert (found.body, found.state_at, found.args) == ("HELP", NOW, {})
