"""The routes of the library, to which each module of this folder adds its own."""

from flask import Blueprint

routes = Blueprint("library", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/library")
