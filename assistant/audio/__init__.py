"""Sound in: devices, recording, the crash-safe spool, speech detection, files."""
