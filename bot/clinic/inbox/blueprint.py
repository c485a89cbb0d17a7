"""The addresses of the inbox."""

from flask import Blueprint

routes = Blueprint("inbox", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/inbox")
