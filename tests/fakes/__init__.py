"""Stand-ins for what the service talks to: one folder for each provider."""
