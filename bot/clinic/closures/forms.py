"""Which day is closed, and what is to become of its visits."""

import datetime

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from scheduler.changing import Override
from scheduler.plan.changes import Close

needed = InputRequired(_("Fill this in."))


class DayForm(FlaskForm):
    """The day that is closed, and where its visits go. It is asked with GET: both are no secret."""

    class Meta:
        csrf = False

    date = DateField(_("Closed on"), [needed])
    to = DateField(_("Visits move to"), [needed])

    def __init__(self, today: datetime.date, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.today = today

    def validate_date(self, field: DateField) -> None:
        if field.data and field.data < self.today:
            raise ValidationError(_("This day is over: choose one that is still to come."))

    def validate_to(self, field: DateField) -> None:
        if field.data and field.data == self.date.data:
            raise ValidationError(_("Visits cannot move to the day that is closed."))
        if field.data and field.data < self.today:
            raise ValidationError(_("This day is over: choose one that is still to come."))

    @property
    def change(self) -> Close:
        """The change that each plan with a visit on the day gets; only where the form is valid."""
        return Close(self.date.data or datetime.date.min, self.to.data or datetime.date.min)


class OrderForm(DayForm):
    """The closure as it is ordered."""

    class Meta:
        csrf = True

    tell = BooleanField(_("Tell each patient in one text, as shown beside their name"))
    reason = StringField(_("Why (kept sealed; for those who look later)"), [Length(max=500)])
    answers_by = StringField(_("Who answers for it"), [Length(max=100)])
    answers_why = StringField(_("Why it may be, in your own words"), [Length(max=500)])

    def validate_answers_why(self, field: StringField) -> None:
        if bool((field.data or "").strip()) != bool((self.answers_by.data or "").strip()):
            raise ValidationError(_("Name the person who answers for this, and the reason."))

    @property
    def override(self) -> Override | None:
        """Who answers for visits that come too near to another treatment."""
        by, why = (self.answers_by.data or "").strip(), (self.answers_why.data or "").strip()
        return Override(by, why) if by and why else None
