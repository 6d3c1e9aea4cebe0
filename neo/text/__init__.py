"""What of a text may be shown: secrets hidden, control characters visible; and what a written value must satisfy."""
