"""The yardstick of the inbound benchmark: a bare Flask route that reads the same form and answers a fixed document."""

from __future__ import annotations

from flask import Flask, Response, request


def create_app() -> Flask:
    """One route, `POST /webhooks/twilio/messages`, with no signature check, no look-up and no store."""
    app = Flask("bare")

    @app.post("/webhooks/twilio/messages")
    def message() -> Response:
        body = request.form.get("Body", "")
        return Response(f"<Response><Message>{len(body)}</Message></Response>", mimetype="text/xml")

    return app
