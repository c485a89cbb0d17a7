"""The forms of the inbox."""

from collections.abc import Iterable, Mapping
from datetime import date

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from bot.clinic.library.shown import filled
from bot.clinic.meanings import reading_language
from bot.clinic.numbers import LARGEST, InRange, row_number
from content.library import Library
from content.model import Fact
from store.clinic_entry import ClinicEntry
from store.staff import User

LONGEST_ANSWER = 600
"""Characters: four SMS. What needs more is told on the phone."""

DOUBTS: Mapping[str, LazyString] = {
    "discreet": _("tells of an illness, a drug or a result, and a lock screen shows it to anybody"),
    "suggestion": _("names a brand, or recommends one"),
    "link": _("is a link: carriers block texts with links, and many phones cannot open them"),
}
"""What the linter would say of words in a text that nobody asked for; staff may send them all the same."""


class AnswerForm(FlaskForm):
    """An answer in somebody's own words."""

    words = TextAreaField(_("Your answer"), [DataRequired(), Length(max=LONGEST_ANSWER)])
    as_it_is = BooleanField(_("Send it as it is"))
    seen = HiddenField()
    """The newest message that stood on the page."""

    def newest_seen(self) -> int | None:
        """The same as a number; None where it is none."""
        try:
            return row_number(self.seen.data or "")
        except ValueError:
            return None


class AssignForm(FlaskForm):
    """Who looks after a conversation."""

    user = SelectField(_("Looked after by"), coerce=int)
    was = IntegerField(validators=[Optional()], widget=HiddenInput())
    """Who did when the page was made; 0 and nothing: nobody in particular."""

    def offer(self, people: Iterable[User]) -> None:
        """Fills in who works here."""
        self.user.choices = [
            SelectChoice(0, _("nobody in particular")),
            *(SelectChoice(each.id, each.name) for each in people),
        ]


class NoteForm(FlaskForm):
    """Something that colleagues should know."""

    words = TextAreaField(_("Note for colleagues"), [DataRequired(), Length(max=2000)])


class DoneForm(FlaskForm):
    """That a conversation is done, up to the newest text that stood on the page."""

    through = IntegerField(validators=[InputRequired(), InRange(0, LARGEST)])


class ReadyForm(FlaskForm):
    """An answer to keep at hand."""

    name = StringField(_("Name"), [DataRequired(), Length(max=60)])
    words = TextAreaField(_("Words"), [DataRequired(), Length(max=LONGEST_ANSWER)])


class TeachForm(FlaskForm):
    """Another word for a topic."""

    phrase = StringField(_("When somebody texts"), [DataRequired(), Length(max=40)])
    language = SelectField(_("Language"))
    topic = SelectField(_("it is about"), [DataRequired()])
    looked_at = HiddenField()

    def offer(self, library: Library, entry: ClinicEntry, today: date) -> None:
        """Fills in the topics, each with its keyword and how its first fact begins here, and the languages."""
        self.language.choices = [SelectChoice(each, library.language_name(each)) for each in entry.clinic.languages]
        read = reading_language(library)

        def begins(fact: Fact) -> str:
            return _beginning(filled(library, entry, fact.id, read, fact.text[read], today))

        self.topic.choices = [
            SelectChoice("", _("Choose a topic")),
            *(
                SelectChoice(
                    topic.id,
                    f"{topic.words(read)[0]}: {begins(topic.facts[0])}",
                )
                for topic in library.topics.values()
            ),
        ]


def _beginning(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60].rsplit(' ', 1)[0]} ..."
