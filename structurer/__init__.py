"""Caption structuring engine for dermatology: captions in, checked records out."""
