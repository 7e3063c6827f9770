"""One reader of files for training and scoring, and the writers of the same kinds."""
