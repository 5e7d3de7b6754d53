"""The loop in front of Flask: it takes in requests, however slow, and hands them to Flask in bounded pools."""
