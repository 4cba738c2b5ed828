"""The sample of `hearsight demo`: `screen.png` with its `windows.json`, `speech.wav`, and in `expected.json` the facts
that the answer must hold. Made by `python -m assistant.bench.answers_set.make_demo`."""
