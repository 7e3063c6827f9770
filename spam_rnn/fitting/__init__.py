"""What happens inside `SpamClassifier.fit`."""
