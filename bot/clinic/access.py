"""Who may call which route of the console. A route that is not in the table answers nobody.

A role belongs to a clinic, and the clinic stands in the address: what is another clinic's is not found (404), what the
role may not do is refused (403).
"""

from collections.abc import Mapping
from enum import StrEnum

from store.staff import Role


class Right(StrEnum):
    """What a role may do in its clinic."""

    SEE = "see"
    """Patients, their texts, alerts, reports."""

    CARE = "care"
    """Enrol, change plans, answer, acknowledge; propose what patients read and what is understood."""

    MANAGE = "manage"
    """Settings, people; approve what was proposed, and take it out of use."""

    AUDIT = "audit"
    """Who did what."""


RIGHTS: Mapping[Role, frozenset[Right]] = {
    "administrator": frozenset(Right),
    "nurse": frozenset({Right.SEE, Right.CARE}),
    "viewer": frozenset({Right.SEE}),
    "auditor": frozenset({Right.SEE, Right.AUDIT}),
}

ANYBODY = "anybody"
"""Routes for who is not signed in."""

SIGNED_IN = "signed in"
"""Routes about oneself: any role, no clinic in the address."""

WITH_ANY_PASSWORD = frozenset({"static", "vendor", "security.static", "security.logout", "security.change_password"})
"""All that is open to who has signed in with a password that somebody else gave them, until they choose their own."""

ROUTES: Mapping[str, Right | str] = {
    # What a browser fetches, and signing in. Flask-Security looks after its own routes.
    "static": ANYBODY,
    "vendor": ANYBODY,
    "security.login": ANYBODY,
    "security.logout": ANYBODY,
    "security.static": ANYBODY,
    "security.verify": SIGNED_IN,
    "security.change_password": SIGNED_IN,
    "security.forgot_password": ANYBODY,
    "security.reset_password": ANYBODY,
    "security.two_factor_setup": ANYBODY,  # with the half session of who gave a password
    "security.two_factor_setup_validate": ANYBODY,
    "security.two_factor_token_validation": ANYBODY,
    "security.two_factor_rescue": ANYBODY,
    "security.tf_select": ANYBODY,
    "security.mf_recovery": ANYBODY,
    "security.mf_recovery_codes": SIGNED_IN,
    "security.wan_register": SIGNED_IN,
    "security.wan_register_response": SIGNED_IN,
    "security.wan_delete": SIGNED_IN,
    "security.wan_signin": ANYBODY,
    "security.wan_signin_response": ANYBODY,
    "security.wan_verify": SIGNED_IN,
    "security.wan_verify_response": SIGNED_IN,
    # Oneself.
    "home.clinics": SIGNED_IN,
    "home.account": SIGNED_IN,
    "home.session": SIGNED_IN,
    "home.set_account": SIGNED_IN,
    # Today.
    "today.page": Right.SEE,
    "today.live": Right.SEE,
    "today.huddle": Right.SEE,
    "today.task": Right.SEE,
    "today.settle": Right.CARE,
    # Patients.
    "patients.page": Right.SEE,
    "patients.found": Right.SEE,
    "patients.one": Right.SEE,
    "patients.texts": Right.SEE,
    "patients.done": Right.SEE,
    # Why a text went, or did not.
    "why.text": Right.SEE,
    "why.day": Right.SEE,
    # Alerts.
    "alerts.page": Right.SEE,
    "alerts.live": Right.SEE,
    "alerts.badge": Right.SEE,
    "alerts.one": Right.SEE,
    "alerts.seen": Right.CARE,
    "alerts.close": Right.CARE,
    "alerts.rota": Right.MANAGE,
    "alerts.set_rota": Right.MANAGE,
    # Enrolment.
    "enrol.page": Right.CARE,
    "enrol.preview": Right.CARE,
    "enrol.save": Right.CARE,
    "enrol.joins": Right.CARE,
    "enrol.confirm": Right.CARE,
    "enrol.dismiss": Right.CARE,
    "enrol.heard": Right.CARE,
    # Settings and audit.
    "settings.page": Right.MANAGE,
    "settings.save": Right.MANAGE,
    "settings.join_code": Right.MANAGE,
    "settings.people": Right.MANAGE,
    "settings.add_person": Right.MANAGE,
    "settings.change_person": Right.MANAGE,
    "settings.senders": Right.MANAGE,
    "settings.resume": Right.MANAGE,
    "settings.page_of_retention": Right.MANAGE,
    "settings.save_retention": Right.MANAGE,
    "audit.page": Right.AUDIT,
    "audit.export": Right.AUDIT,
    # Changing a plan.
    "plans.change": Right.CARE,
    "plans.preview": Right.CARE,
    "plans.make": Right.CARE,
    "plans.visits": Right.CARE,
    "plans.set_time": Right.CARE,
    "plans.mark": Right.CARE,
    "plans.travel": Right.CARE,
    "plans.set_journey": Right.CARE,
    "plans.another": Right.CARE,
    "plans.add_another": Right.CARE,
    "plans.reminders": Right.CARE,
    "plans.set_reminder": Right.CARE,
    "plans.died": Right.CARE,
    "plans.set_died": Right.CARE,
    # Content, regimens, reminder rules, the clinic's wording.
    "library.page": Right.SEE,
    "library.topic": Right.SEE,
    "library.switch": Right.MANAGE,
    "library.sign": Right.SEE,
    "library.text": Right.SEE,
    "library.check_wording": Right.CARE,
    "library.propose_wording": Right.CARE,
    "library.approve_wording": Right.MANAGE,
    "library.withdraw_wording": Right.CARE,  # of a proposal; what is published only by who may manage
    "library.changes": Right.SEE,
    "library.propose": Right.CARE,
    "library.approve": Right.MANAGE,
    "library.take_back": Right.CARE,
    "library.regimens": Right.SEE,
    "library.regimen": Right.SEE,
    "library.propose_regimen": Right.CARE,
    "library.withdraw": Right.MANAGE,
    "library.reminders": Right.SEE,
    "library.preview_rule": Right.MANAGE,
    "library.set_rule": Right.MANAGE,
    # Closures.
    "closures.page": Right.SEE,
    "closures.look": Right.CARE,
    "closures.order": Right.CARE,
    "closures.one": Right.SEE,
    "closures.live": Right.SEE,
    # Conversations, and teaching.
    "inbox.page": Right.SEE,
    "inbox.live": Right.SEE,
    "inbox.talk": Right.SEE,
    "inbox.texts": Right.SEE,
    "inbox.measured": Right.CARE,
    "inbox.answer": Right.CARE,
    "inbox.assign": Right.CARE,
    "inbox.note": Right.CARE,
    "inbox.done": Right.CARE,
    "inbox.answers": Right.CARE,
    "inbox.add_answer": Right.CARE,
    "inbox.remove_answer": Right.CARE,
    "inbox.unmatched": Right.SEE,
    "inbox.teach": Right.CARE,
    "inbox.propose": Right.CARE,
    "inbox.taught": Right.SEE,
    "inbox.approve": Right.MANAGE,
    "inbox.withdraw": Right.CARE,  # of a proposal, as with wordings
    # Reports.
    "reports.page": Right.SEE,
    "reports.export": Right.SEE,
    "reports.set_price": Right.MANAGE,
}
"""The right that each route needs, by its endpoint."""
