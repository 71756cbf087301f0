"""What Cognito asks and tells by its Lambda triggers: may this person sign in, and who has signed up."""
