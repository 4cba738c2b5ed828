"""Microsoft's Phi-4-multimodal-instruct: hears, sees and answers in one model, on the GPU."""
