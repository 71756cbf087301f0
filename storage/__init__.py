"""Files in S3. Knows nothing of what is in them."""
