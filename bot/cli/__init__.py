"""The command `immunotext`: one module per group of commands; `main` is the entry point."""
