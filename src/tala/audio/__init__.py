"""Sound: any container to PCM, speech activity, endpoints, quality."""
