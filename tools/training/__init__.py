"""Trains the learned layer of understanding: the corpus, how it becomes texts, and how these become weights."""
