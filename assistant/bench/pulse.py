"""A PulseAudio server of our own with a microphone that files can be spoken into: no sound card, no root needed.

A null sink is the room, a source remapped from its monitor is the microphone; what is played into the sink is heard.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from assistant.core.errors import NoMicrophone

SINK = "vmic_sink"
SOURCE = "vmic"
RATE = 48_000
_START_SECONDS = 10.0
_FLOWING_SECONDS = 0.1
_SINK_MODULE = ("module-null-sink", f"sink_name={SINK}", f"rate={RATE}", "channels=2", "norewinds=1")
"""Without `norewinds` (PulseAudio 16) the sink begins two seconds ahead, and its first listener waits for those."""
_SOURCE_MODULE = ("module-remap-source", f"source_name={SOURCE}", f"master={SINK}.monitor")

_CONFIGURATION = """\
.fail
load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/pulse.sock
load-module {sink_module}
load-module {source_module}
set-default-sink {sink}
set-default-source {source}
"""

_ALSA = """\
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
"""


class SoundServer:
    """One server with one microphone; a context manager that leaves no process and no file.

    Attributes:
        env: what a program needs in its environment to hear this microphone and no other.
    """

    def __init__(self) -> None:
        self.env: dict[str, str] = {}
        self._folder = Path()
        self._server: subprocess.Popen[bytes] | None = None
        self._silence: subprocess.Popen[bytes] | None = None
        self._playing: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> SoundServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Starts the server and the silence in its room.

        Raises:
            NoMicrophone: PulseAudio is not installed or doesn't start.
        """
        if shutil.which("pulseaudio") is None or shutil.which("pacat") is None:
            raise NoMicrophone("PulseAudio is not installed.", action="Install pulseaudio and pulseaudio-utils.")
        self._folder = Path(tempfile.mkdtemp(prefix="hearsight-sound-"))
        self._write_configuration()
        self.env = {
            "PULSE_SERVER": f"unix:{self._folder}/pulse.sock",
            "PULSE_COOKIE": f"{self._folder}/cookie",
            "ALSA_CONFIG_PATH": f"{self._folder}/asound.conf",
        }
        self._start_server()

    def restart(self) -> None:
        """Brings a killed server back at the same address."""
        self.kill()
        self._start_server()

    def play(self, path: Path | str, *, wait: bool = False) -> subprocess.Popen[bytes]:
        """Speaks a sound file into the microphone, in real time."""
        command = ["paplay", f"--device={SINK}", str(path)]
        player = subprocess.Popen(
            command, env=self._environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._playing.append(player)
        if wait:
            player.wait()
        return player

    def suspend(self, suspended: bool) -> None:
        """Stops or resumes the microphone's flow, as a suspended device does."""
        self._pactl("suspend-source", SOURCE, str(int(suspended)))

    def freeze(self, frozen: bool) -> None:
        """Lets the server answer nobody, or go on: what a hung driver looks like."""
        if self._server is not None:
            self._server.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def unload_source(self) -> None:
        """Takes the only microphone away, as pulling its plug does. (A sink's monitor goes only with its sink.)"""
        self._stop(self._silence)
        self._silence = None
        for module in ("module-remap-source", "module-null-sink"):
            self._pactl("unload-module", module)

    def load_source(self) -> None:
        """Plugs the microphone in again."""
        self._pactl("load-module", *_SINK_MODULE)
        self._pactl("load-module", *_SOURCE_MODULE)
        self._pactl("set-default-source", SOURCE)
        self._keep_flowing()

    def kill(self) -> None:
        """Ends the server at once, as a crash does."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None
        for player in (self._silence, *self._playing):
            self._stop(player)
        self._silence, self._playing = None, []
        (self._folder / "pulse.sock").unlink(missing_ok=True)

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write_configuration(self) -> None:
        text = _CONFIGURATION.format(
            folder=self._folder,
            sink=SINK,
            source=SOURCE,
            sink_module=" ".join(_SINK_MODULE),
            source_module=" ".join(_SOURCE_MODULE),
        )
        (self._folder / "server.pa").write_text(text)
        (self._folder / "asound.conf").write_text(_ALSA)

    def _start_server(self) -> None:
        command = ["pulseaudio", "-n", "-F", str(self._folder / "server.pa"), "--daemonize=no", "--exit-idle-time=-1"]
        command += ["--realtime=no", "--high-priority=no", "--use-pid-file=no", "--log-target=null"]
        self._server = subprocess.Popen(
            command, env=self._environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait_until_up()
        self._keep_flowing()

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if (self._folder / "pulse.sock").exists() and SOURCE in self._pactl(
                "list", "short", "sources", check=False
            ):
                return
            time.sleep(0.05)
        self.close()
        raise NoMicrophone("PulseAudio doesn't start here.", action="See what `pulseaudio -vv` says.")

    def _keep_flowing(self) -> None:
        """Plays silence without end: a null sink that nobody plays into wakes up to 1.7 s late, and that is lost."""
        command = ["pacat", "--playback", f"--device={SINK}", "--latency-msec=50", "/dev/zero"]
        self._silence = subprocess.Popen(
            command, env=self._environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and not 0 < self._ahead() < _FLOWING_SECONDS:
            time.sleep(0.05)

    def _ahead(self) -> float:
        """Seconds that the sink has rendered ahead: 2 at first, which the first listener would have to wait for."""
        found = re.search(r"Latency: (\d+) usec", self._pactl("list", "sinks"))
        return int(found[1]) / 1e6 if found else 0.0

    def _pactl(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["pactl", *words],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=check,
            timeout=_START_SECONDS,
        )
        return done.stdout

    def _environment(self) -> dict[str, str]:
        """The server must not see the user's own sound server, nor write into the user's home."""
        return {**os.environ, **self.env, "HOME": str(self._folder), "XDG_RUNTIME_DIR": str(self._folder)}

    @staticmethod
    def _stop(player: subprocess.Popen[bytes] | None) -> None:
        if player is not None:
            player.kill()
            player.wait()
