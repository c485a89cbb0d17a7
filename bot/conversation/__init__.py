"""From an outcome to its effect and the reply: one transaction per inbound text."""
