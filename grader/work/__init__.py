"""What a worker does with a submission: claim it, grade it, keep what came out, exactly once."""
