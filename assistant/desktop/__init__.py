"""The desktop around us: global keys, the running instance, sleep."""
