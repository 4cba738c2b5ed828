"""The checkpoint of Phi-4-multimodal-instruct: its layout, its check, its conversion. Bytes only, no torch."""
