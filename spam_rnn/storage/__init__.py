"""Files written whole or not at all, records, checkpoints, saved models and their cards."""
