"""The screens and questions of `bench answers`: `screens/*.toml` are data, `stage` shows, `programs` draws them."""
