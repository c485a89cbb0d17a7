"""The addresses of the screens about one plan; the plan's id stands in each."""

from flask import Blueprint

routes = Blueprint("plans", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/plans/<int:plan_id>")
