from hypothesis import settings

# A property is about what is answered, not how fast: the machine may be busy.
settings.register_profile("manuscript", deadline=None)
settings.load_profile("manuscript")
