"""What a provider calls: verify, parse, hand on, answer."""
